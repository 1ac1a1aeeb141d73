"""A real server in a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = [sys.executable, "-m", "whyburn"]


class Server:
    """A running `whyburn serve`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: dict[str, str] = {}
        assert process.stdout is not None
        for line in process.stdout:
            label, _, text = line.strip().partition(" ")
            self.said[label] = text.strip()
            if label == "stop":
                return
        assert process.stderr is not None
        raise AssertionError(process.stderr.read())

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.said["serving"]

    def stop(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Its exit code, and what it said on stderr."""
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


@contextlib.contextmanager
def serving(home: Path, *arguments: str, **environment: str) -> Iterator[Server]:
    """A server over a home, on a free port."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", *arguments], cwd=home, text=True,
        env={**kept, "HOME": str(home), "TZ": "UTC", **environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        try:
            yield Server(process)
        finally:
            if process.poll() is None:
                process.kill()
