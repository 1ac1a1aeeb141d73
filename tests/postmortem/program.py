"""The real program in a process of its own and the home of somebody who has set nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from fresh import Said

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = [sys.executable, "-m", "whyburn"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The variables that it sees."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": str(home), "TZ": "UTC", "COLUMNS": "100", **more}


def whyburn(home: Path, *words: str, **more: str) -> Said:
    """Run it; it never dies with a traceback."""
    done = subprocess.run(
        [*PROGRAM, *words], cwd=home, env=environment(home, **more), capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Said(done.returncode, done.stdout, done.stderr)
