"""A made-up week of work, for people who have no logs yet and for trying things without touching one's own.

`logs` writes native Claude Code and Codex logs of invented sessions, always the same ones, dated back from now; they
go through the same pipeline as real ones, into a ledger that is gone afterwards.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

from whyburn import clock
from whyburn.api.workspace import Workspace
from whyburn.demo.logs import write_logs
from whyburn.settings.loader import load
from whyburn.settings.paths import resolve_paths

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def demo_workspace() -> Iterator[Workspace]:
    """A refreshed workspace over the invented logs; everything is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="whyburn-demo-") as folder:
        write_logs(folder, clock.now_ms())
        environ = {"HOME": folder, "WHYBURN_MACHINE_NAME": "demo", "TZ": os.environ.get("TZ", "")}
        environ = {key: value for key, value in environ.items() if value}
        paths = resolve_paths(db=os.path.join(folder, "whyburn.db"), environ=environ)
        with Workspace(paths, load(paths, environ), environ) as workspace:
            workspace.refresh()
            yield workspace
