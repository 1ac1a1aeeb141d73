"""What every command shares: its workspace, its output, its notes on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from whyburn import __version__
from whyburn.api.workspace import open_workspace
from whyburn.settings.paths import resolve_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

    from whyburn.api.workspace import Workspace
    from whyburn.settings.paths import Paths

SCHEMA_VERSION = 1
"""Of the JSON on stdout; see docs/JSON_OUTPUT.md."""


def paths_of(ctx: click.Context) -> Paths:
    """The places that the options before the command, the environment and the defaults name."""
    return resolve_paths(**(ctx.find_root().obj or {}))


@contextlib.contextmanager
def workspace(ctx: click.Context, *, quiet: bool = False) -> Iterator[Workspace]:
    """The workspace of a command; its notes and the first settings problem go to stderr when the command is done."""
    found = open_workspace(paths_of(ctx))
    found.progress = None if quiet else _progress()
    with found:
        try:
            yield found
        finally:
            _clear_progress(found)
    for note in found.notes:
        sys.stderr.write(f"whyburn: {note}\n")
    errors = found.settings.errors
    if errors and not quiet:
        more = f" ({len(errors) - 1} more: whyburn config validate)" if len(errors) > 1 else ""
        sys.stderr.write(f"whyburn: {errors[0]}{more}\n")


def emit_json(kind: str, body: dict[str, Any]) -> None:
    """Print one JSON object with its version, kind and body."""
    head = {"schema_version": SCHEMA_VERSION, "version": __version__, "kind": kind}
    sys.stdout.write(json.dumps({**head, **body}, ensure_ascii=False) + "\n")


def _progress() -> _Bar | None:
    return _Bar() if sys.stderr.isatty() else None


def _clear_progress(found: Workspace) -> None:
    if isinstance(found.progress, _Bar):
        found.progress.clear()


class _Bar:
    """A progress bar on stderr: after half a second of work, on a terminal only."""

    _WIDTH = 28

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._drawn = 0.0

    def __call__(self, what: str, done: int, whole: int) -> None:
        now = time.monotonic()
        if whole <= 0 or now - self._began < 0.5 or now - self._drawn < 0.1:
            return
        self._drawn = now
        filled = self._WIDTH * done // whole
        bar = "█" * filled + "·" * (self._WIDTH - filled)
        sys.stderr.write(f"\r\x1b[Kreading {what}  {bar} {100 * done // whole:3d} %")
        sys.stderr.flush()

    def clear(self) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
