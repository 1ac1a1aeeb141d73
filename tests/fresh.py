"""A home with nothing in it, and the two ways to run the program there: in this process, and in one of its own."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from whyburn.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_MOVING = ("WHYBURN_", "TOKTRAIL_", "XDG_", "CLAUDE_", "CODEX_", "PYTHON")
LEDGER = ".local/state/whyburn/whyburn.db"
"""Where the ledger lies below a home."""
CONFIG = ".config/whyburn"
"""Where the settings lie below a home."""


class Said(NamedTuple):
    """What a run of the program left behind."""

    code: int
    out: str
    err: str


class Home:
    """A home folder and the program in it."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self.ledger = path / LEDGER
        self._capsys = capsys

    def ask(self, *arguments: object) -> Said:
        """Run a command in this process."""
        self._capsys.readouterr()
        code = run([str(word) for word in arguments])
        return Said(code, *self._capsys.readouterr())

    def settings(self, name: str, text: str) -> Path:
        """Write a settings file."""
        file = self.path / CONFIG / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file


def move_in(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Make an empty environment around a home: no settings of the machine's owner count."""
    for name in list(os.environ):
        if name.startswith(_MOVING):
            patch.delenv(name)
    for name, value in (("HOME", str(home)), ("TZ", "UTC"), ("COLUMNS", "120")):
        patch.setenv(name, value)


def imported(code: str, *arguments: str) -> tuple[Said, set[str]]:
    """Run code in a fresh interpreter; what it said, and every module that was imported on the way."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    lines = done.stderr.splitlines()
    names = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    rest = "".join(f"{line}\n" for line in lines if not line.startswith("import time:"))
    return Said(done.returncode, done.stdout, rest), names


def ask_bound(*arguments: object) -> Said:
    """Run a command in a process that file permissions bind, also where the tests run as the superuser."""
    done = subprocess.run(
        [sys.executable, "-m", "whyburn", *map(str, arguments)], capture_output=True, text=True, check=False,
        preexec_fn=_be_bound if os.geteuid() == 0 else None,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


def _be_bound() -> None:
    """Give up for the next program what lets the superuser past permissions (Linux: CAP_DAC_OVERRIDE, _READ_SEARCH)."""
    drop = ctypes.CDLL(None).prctl
    if any(drop(24, capability, 0, 0, 0) for capability in (1, 2)):
        raise OSError("the superuser of this system cannot be bound by permissions: run the tests as another user")


PROGRAM = "import runpy; runpy.run_module('whyburn', run_name='__main__', alter_sys=True)"
"""`python -m whyburn`, for `imported`."""
