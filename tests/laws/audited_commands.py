"""Commands under an audit hook, in one process: `python -m laws.audited_commands REPORT COMMAND...` in a home.

Each command is one argument, its words apart by spaces. What is written down of each: its exit code, how often it read
a log, and everything that it may not do.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from laws.audited import CHANGING, WRITING

LOGS = tuple(str(Path.home() / name) for name in (".claude", ".codex"))
OWN_NAME = "socket.gethostname"
"""Asks the kernel what this machine is called; nothing leaves it."""


class Watch:
    """What a command does."""

    def __init__(self) -> None:
        self.reads = 0
        self.forbidden: list[list[str]] = []

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook; it stays for the rest of the process."""
        if event == "open" and str(arguments[0]).startswith(LOGS):
            self.reads += 1
            forbidden = bool((arguments[2] or 0) & WRITING)
        else:
            forbidden = (
                (event.startswith("socket.") and event != OWN_NAME)
                or event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "webbrowser.open")
                or (event in CHANGING and any(str(one).startswith(LOGS) for one in arguments))
            )
        if forbidden:
            self.forbidden.append([event, repr(arguments)])


def main(report: str, *commands: str) -> None:
    """Run all, then write down what was seen."""
    from whyburn.cli.app import run

    watch, seen = Watch(), []
    sys.addaudithook(watch.hook)
    for command in commands:
        watch.reads, watch.forbidden = 0, []
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run(command.split())
        found = {"command": command, "code": code, "reads": watch.reads, "forbidden": watch.forbidden}
        seen.append({**found, "said": said.getvalue()[-400:]})
    Path(report).write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    os.umask(0o022)
    main(*sys.argv[1:])
