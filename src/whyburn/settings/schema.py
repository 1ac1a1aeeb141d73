"""What the settings say, as plain frozen data: one class per section of `config.toml`, and what was wrong with it.

Defaults are the values of a home without any file. Which texts are accepted for a key is told in `rules`; how files
become these objects in `loader`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whyburn.settings.paths import Paths
    from whyburn.settings.price_rows import PriceRow

ActualMode = Literal["source", "zero", "pricing"]
VirtualMode = Literal["pricing", "zero"]
Level = Literal["error", "unsupported", "warning"]

STATUSLINE_ELEMENTS = ("harness", "area", "model", "tokens", "cached", "cost", "quota", "burn", "unpriced")
BUILT_IN = "built-in"
"""The costing fingerprint when nothing that influences costs was configured."""


class Problem(NamedTuple):
    """Something in a file that could not be used; everything else in it is."""

    file: str
    line: int | None
    key: str | None
    """Dotted, as in "reports.refresh"; None where the text is no TOML."""
    message: str
    section: str | None
    """The section or row that the problem is in: "reports", "pricing.virtual"; None for a whole file."""
    level: Level = "error"
    """`unsupported` is valid but does nothing in this version; `warning` is used as it stands."""

    def __str__(self) -> str:
        home = os.path.expanduser("~") + os.sep
        file = "~" + os.sep + self.file[len(home) :] if self.file.startswith(home) else self.file
        return f"{file}:{self.line}: {self.message}" if self.line else f"{file}: {self.message}"

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return self._asdict()


class Imports(NamedTuple):
    """`[imports]`: what is read."""

    harnesses: tuple[str, ...] | None = None
    """Names in the order written; None: every registered harness."""
    missing_source: Literal["warn", "error", "skip"] = "warn"
    include_raw_json: bool = False
    sources: Mapping[str, tuple[str, ...]] = {}
    """Files or folders per harness, `~` expanded; a harness without an entry uses its own default places."""


class Reports(NamedTuple):
    """`[reports]`: what a report does before it reads, and how it cuts time."""

    refresh: Literal["never", "auto", "always"] = "auto"
    min_refresh_interval_secs: int = 5
    timezone: str | None = None
    """IANA name; None: the local zone."""
    week_start: str = "monday"


class Costing(NamedTuple):
    """`[costing]`: how calls are priced where no `[[actual_cost]]` row says otherwise."""

    default_actual_mode: ActualMode = "source"
    default_virtual_mode: VirtualMode = "pricing"
    price_profile: str | None = None
    provider_aliases: Mapping[str, str] = {}
    """Alias to provider, lower case; chains are allowed and free of cycles."""


class ActualRule(NamedTuple):
    """One `[[actual_cost]]` row. None matches anything; rows keep the order of the file."""

    harness: str | None
    provider: str | None
    model: str | None
    mode: ActualMode


class Statusline(NamedTuple):
    """`[statusline]`."""

    basis: Literal["source", "actual", "virtual"] = "virtual"
    max_width: int = 120
    elements: tuple[str, ...] = STATUSLINE_ELEMENTS


class Settings(NamedTuple):
    """Everything the files and the environment say, with what was wrong in them."""

    paths: Paths
    imports: Imports = Imports()
    reports: Reports = Reports()
    costing: Costing = Costing()
    actual_rules: tuple[ActualRule, ...] = ()
    """Empty: the built-in modes per harness hold. Otherwise these replace them."""
    statusline: Statusline = Statusline()
    price_rows: tuple[PriceRow, ...] = ()
    """Rows that can be used: of equal rows the one in `prices.toml` is here and the generated one is not."""
    machine_name: str | None = None
    problems: tuple[Problem, ...] = ()
    costing_fingerprint: str = BUILT_IN
    """Changes exactly when something changes that influences costs, apart from the built-in price snapshot."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that cost the user a value: what a report mentions in one line."""
        return tuple(problem for problem in self.problems if problem.level == "error")
