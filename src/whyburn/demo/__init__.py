"""A made-up month of work, for people who have no logs yet and for trying things without touching one's own.

`logs` lays out the native Claude Code and Codex logs of synthetic sessions, always the same ones, dated back from now;
they go through the same pipeline as real ones, into a ledger that is gone afterwards. docs/DEMO.md lists them.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

from whyburn import clock
from whyburn.api.postmortem.choose import Wanted, fitting
from whyburn.api.workspace import Workspace
from whyburn.demo.logs import write_logs
from whyburn.settings.loader import load
from whyburn.settings.paths import resolve_paths

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def demo_workspace(now_ms: int | None = None) -> Iterator[Workspace]:
    """A refreshed workspace over the synthetic logs, as of an instant or of now; everything is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="whyburn-demo-") as folder:
        write_logs(folder, clock.now_ms() if now_ms is None else now_ms)
        environ = {"HOME": folder, "WHYBURN_MACHINE_NAME": "demo", "TZ": os.environ.get("TZ", "")}
        environ = {key: value for key, value in environ.items() if value}
        paths = resolve_paths(db=os.path.join(folder, "whyburn.db"), environ=environ)
        with Workspace(paths, load(paths, environ), environ) as workspace:
            workspace.refresh()
            workspace.describe(fitting(workspace.reader("never"), Wanted()))  # titles, before anybody asks for them
            yield workspace
