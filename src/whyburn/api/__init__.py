"""The stable Python interface of whyburn; every surface of the program goes through it.

    >>> from whyburn import api
    >>> with api.open_workspace() as workspace:
    ...     outcomes = workspace.refresh()
    ...     asked, report = api.usage_report(workspace, api.When(period="this-month"))
    >>> report.totals.calls, report.totals.virtual_pico, report.as_dict()["totals"]["virtual_cost_usd"]
    (2, 5160000000, '0.00516')

Functions never print, parse arguments or exit. A report is answered as `(asked, result)`: what was asked for with its
resolved window, and frozen data with `as_dict()`, which is the JSON of the command line. Money is integer pico-dollars,
times are milliseconds UTC, unknown is None. Expected failures are `whyburn.errors.WhyburnError`s.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whyburn.api.config import Validation, config_places, init_config, set_config, show_config, validate_config
    from whyburn.api.doctor import Diagnosis, diagnose
    from whyburn.api.postmortem.choose import Wanted
    from whyburn.api.postmortem.digests import Digests
    from whyburn.api.postmortem.explain import NoStepsError, explain, explain_file
    from whyburn.api.postmortem.overview import Overview, overview
    from whyburn.api.postmortem.scan import Scan, recent_sessions
    from whyburn.api.prices.book import Listing, explain_price, list_prices
    from whyburn.api.prices.foreign import ImportedPrices, import_litellm
    from whyburn.api.prices.used import Used, used_prices
    from whyburn.api.refreshing import RefreshOptions
    from whyburn.api.sources.found import SourceRow, list_sources
    from whyburn.api.sources.scan import SourceSessions, source_sessions
    from whyburn.api.sources.skipped import Forgotten, SkippedList, forget_skipped, list_skipped
    from whyburn.api.traces import Analysis, analyze_trace, import_otel
    from whyburn.api.usage import (
        Asked,
        When,
        ledger_contents,
        usage_by,
        usage_overview,
        usage_report,
        usage_series_report,
        usage_sessions_report,
    )
    from whyburn.api.workspace import Workspace, open_workspace
    from whyburn.postmortem.report import Report
    from whyburn.prices.filters import PriceFilters
    from whyburn.prices.overrides import PriceConfig, load_price_config
    from whyburn.settings.paths import Paths, resolve_paths
    from whyburn.usage.aggregate import Display
    from whyburn.usage.selection import Filters

_PLACES = {
    "whyburn.api.config": "Validation config_places init_config set_config show_config validate_config",
    "whyburn.api.doctor": "Diagnosis diagnose",
    "whyburn.api.postmortem.choose": "Wanted",
    "whyburn.api.postmortem.digests": "Digests",
    "whyburn.api.postmortem.explain": "NoStepsError explain explain_file",
    "whyburn.api.postmortem.overview": "Overview overview",
    "whyburn.api.postmortem.scan": "Scan recent_sessions",
    "whyburn.api.prices.book": "Listing explain_price list_prices",
    "whyburn.api.prices.foreign": "ImportedPrices import_litellm",
    "whyburn.api.prices.used": "Used used_prices",
    "whyburn.api.refreshing": "RefreshOptions",
    "whyburn.api.sources.found": "SourceRow list_sources",
    "whyburn.api.sources.scan": "SourceSessions source_sessions",
    "whyburn.api.sources.skipped": "Forgotten SkippedList forget_skipped list_skipped",
    "whyburn.api.traces": "Analysis analyze_trace import_otel",
    "whyburn.api.usage": "Asked When ledger_contents usage_by usage_overview usage_report usage_series_report "
    "usage_sessions_report",
    "whyburn.api.workspace": "Workspace open_workspace",
    "whyburn.postmortem.report": "Report",
    "whyburn.prices.filters": "PriceFilters",
    "whyburn.prices.overrides": "PriceConfig load_price_config",
    "whyburn.settings.paths": "Paths resolve_paths",
    "whyburn.usage.aggregate": "Display",
    "whyburn.usage.selection": "Filters",
}
"""Modules and what they offer."""
_HOMES = {name: module for module, names in _PLACES.items() for name in names.split()}

__all__ = [
    "Analysis",
    "Asked",
    "Diagnosis",
    "Digests",
    "Display",
    "Filters",
    "Forgotten",
    "ImportedPrices",
    "Listing",
    "NoStepsError",
    "Overview",
    "Paths",
    "PriceConfig",
    "PriceFilters",
    "RefreshOptions",
    "Report",
    "Scan",
    "SkippedList",
    "SourceRow",
    "SourceSessions",
    "Used",
    "Validation",
    "Wanted",
    "When",
    "Workspace",
    "analyze_trace",
    "config_places",
    "diagnose",
    "explain",
    "explain_file",
    "explain_price",
    "forget_skipped",
    "import_litellm",
    "import_otel",
    "init_config",
    "ledger_contents",
    "list_prices",
    "list_skipped",
    "list_sources",
    "load_price_config",
    "open_workspace",
    "overview",
    "recent_sessions",
    "resolve_paths",
    "set_config",
    "show_config",
    "source_sessions",
    "usage_by",
    "usage_overview",
    "usage_report",
    "usage_series_report",
    "usage_sessions_report",
    "used_prices",
    "validate_config",
]


def __getattr__(name: str) -> Any:
    """Load a module of the interface when one of its names is used: importing `whyburn.api` stays free."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'whyburn.api' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(home), name)
    return found


def __dir__() -> list[str]:
    """The names of the interface, also those not loaded yet."""
    return [*globals(), *(name for name in __all__ if name not in globals())]
