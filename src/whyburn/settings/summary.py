"""What `config show` and `config path` say, as plain data."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whyburn.settings.loader import list_price_files

if TYPE_CHECKING:
    from whyburn.settings.paths import Paths
    from whyburn.settings.schema import Problem, Settings

LABELS = {
    "config": "config",
    "machine": "machine",
    "prices": "prices",
    "prices-dir": "prices_dir",
    "subscriptions": "subscriptions",
    "db": "db",
    "cache": "cache_dir",
}
"""What `config path --which` accepts, in the order it prints them, and the field of `Paths` behind each."""


@dataclass(frozen=True, slots=True)
class Place:
    """One resolved path."""

    label: str
    path: str
    exists: bool

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {"label": self.label, "path": self.path, "exists": self.exists}


def places(paths: Paths) -> tuple[Place, ...]:
    """Every path of this invocation, in the order of `LABELS`."""
    found = ((label, str(getattr(paths, name))) for label, name in LABELS.items())
    return tuple(Place(label, path, os.path.exists(path)) for label, path in found)


@dataclass(frozen=True, slots=True)
class Summary:
    """The settings in short."""

    places: tuple[Place, ...]
    price_files: tuple[str, ...]
    """The manual one first, then those of the folder by name."""
    machine_name: str | None
    harnesses: tuple[str, ...] | None
    """None: every registered one."""
    refresh: str
    timezone: str | None
    week_start: str
    default_actual_mode: str
    default_virtual_mode: str
    price_profile: str | None
    actual_rules: int
    provider_aliases: int
    virtual_prices: int
    actual_prices: int
    costing_fingerprint: str
    problems: tuple[Problem, ...]

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return plain | {
            "places": [place.as_dict() for place in self.places],
            "price_files": list(self.price_files),
            "harnesses": None if self.harnesses is None else list(self.harnesses),
            "problems": [problem.as_dict() for problem in self.problems],
        }


def summarize(settings: Settings) -> Summary:
    """The summary of loaded settings; looks at the disk only to see which files exist."""
    costing, reports, rows = settings.costing, settings.reports, settings.price_rows
    return Summary(
        places=places(settings.paths),
        price_files=tuple(list_price_files(settings.paths)),
        machine_name=settings.machine_name,
        harnesses=settings.imports.harnesses,
        refresh=reports.refresh,
        timezone=reports.timezone,
        week_start=reports.week_start,
        default_actual_mode=costing.default_actual_mode,
        default_virtual_mode=costing.default_virtual_mode,
        price_profile=costing.price_profile,
        actual_rules=len(settings.actual_rules),
        provider_aliases=len(costing.provider_aliases),
        virtual_prices=sum(row.table == "virtual" for row in rows),
        actual_prices=sum(row.table == "actual" for row in rows),
        costing_fingerprint=settings.costing_fingerprint,
        problems=settings.problems,
    )
