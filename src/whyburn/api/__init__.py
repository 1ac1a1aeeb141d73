"""The stable Python interface of whyburn; every surface of the program goes through it.

    from whyburn import api

    with api.open_workspace() as workspace:
        workspace.refresh()
        print(api.usage_report(workspace, period="this-month").totals.virtual_pico)

Functions never print, parse arguments or exit. Results are frozen dataclasses with `as_dict()`; money is integer
pico-dollars, times are milliseconds UTC. Expected failures are `whyburn.errors.WhyburnError`s.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whyburn.api.usage import usage_by, usage_report, usage_series_report, usage_sessions_report
    from whyburn.api.workspace import Workspace, open_workspace

_HOMES = {
    "Workspace": "workspace", "open_workspace": "workspace",
    "usage_by": "usage", "usage_report": "usage", "usage_series_report": "usage", "usage_sessions_report": "usage",
}  # fmt: skip

__all__ = ["Workspace", "open_workspace", "usage_by", "usage_report", "usage_series_report", "usage_sessions_report"]


def __getattr__(name: str) -> Any:
    """Load a module of the interface when one of its names is used: importing `whyburn.api` stays free."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'whyburn.api' has no attribute {name!r}")
    return getattr(import_module(f"whyburn.api.{home}"), name)
