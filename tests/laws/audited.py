"""One import under an audit hook: `python -m laws.audited LEDGER HARNESS ROOT REPORT`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.chmod",
    "os.utime",
    "os.truncate",
    "os.link",
    "os.symlink",
)


def main(ledger: str, harness: str, root: str, report: str) -> None:
    """Import, then write down what was seen."""
    seen: dict[str, Any] = {"reads": 0, "forbidden": []}

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if (
            event.startswith("socket.")
            or event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
            or (event in CHANGING and any(str(one).startswith(root) for one in arguments))
        ):
            seen["forbidden"].append([event, repr(arguments)])
        elif event == "open" and str(arguments[0]).startswith(root):
            seen["reads"] += 1
            if (arguments[2] or 0) & WRITING:
                seen["forbidden"].append([event, repr(arguments)])
        elif event == "sqlite3.connect" and root in str(arguments[0]) and "mode=ro" not in str(arguments[0]):
            seen["forbidden"].append([event, repr(arguments)])

    from support import ingest

    sys.addaudithook(hook)
    ingest(Path(ledger), harness, Path(root))
    events = json.dumps(seen)
    Path(report).write_text(events, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
