"""The settings files from outside: make them, find them, check them, change one key.

Everything here works with files in any state: a broken one is what these functions are called for. Nothing touches
the ledger.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whyburn.settings.loader import load
from whyburn.settings.summary import places, summarize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whyburn.settings.paths import Paths
    from whyburn.settings.schema import Problem
    from whyburn.settings.summary import Place, Summary
    from whyburn.settings.templates import Only, Template
    from whyburn.settings.writer import Change


@dataclass(frozen=True, slots=True)
class Validation:
    """What reading every settings file gave."""

    summary: Summary
    files: tuple[str, ...]
    """The settings files that exist, in the order in which they are read."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that was noticed, by file and line."""
        return self.summary.problems

    def of_level(self, level: str) -> list[Problem]:
        """The problems of one level: `error`, `unsupported` or `warning`."""
        return [problem for problem in self.problems if problem.level == level]

    @property
    def valid(self) -> bool:
        """Whether every value could be used."""
        return not self.of_level("error")

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        counted = ("virtual_prices", "actual_prices", "actual_rules", "provider_aliases")
        return {
            "valid": self.valid,
            "files": list(self.files),
            "counts": {
                **{name: getattr(self.summary, name) for name in counted},
                "errors": len(self.of_level("error")),
                "unsupported": len(self.of_level("unsupported")),
                "warnings": len(self.of_level("warning")),
            },
            "problems": [problem.as_dict() for problem in self.problems],
        }


def init_config(paths: Paths, template: Template = "default", only: Only = "all", *, force: bool = False) -> list[str]:
    """Write the files of a template; what was written, in order. An existing file is an error unless `force`."""
    from whyburn.settings.templates import init_files  # noqa: PLC0415  tomlkit, for writing only

    return init_files(paths, template, only, force=force)


def config_places(paths: Paths) -> tuple[Place, ...]:
    """Every path as it was resolved, with whether there is something. No file is opened."""
    return places(paths)


def show_config(paths: Paths, environ: Mapping[str, str] = os.environ) -> Summary:
    """What the settings say, in short."""
    return summarize(load(paths, environ, harness_names=_harness_names()))


def validate_config(paths: Paths, environ: Mapping[str, str] = os.environ) -> Validation:
    """Read every settings file and say what was wrong with it."""
    summary = show_config(paths, environ)
    single = (paths.config, paths.machine, *summary.price_files, paths.subscriptions)
    return Validation(summary, tuple(path for path in single if os.path.exists(path)))


def set_config(paths: Paths, key: str, value: str) -> Change:
    """Set one key, in the file where it belongs. What the loader would not take raises `SettingsError`."""
    from whyburn.settings.writer import set_value  # noqa: PLC0415  tomlkit, for writing only

    file = paths.machine if key.strip().partition(".")[0] == "machine" else paths.config
    return set_value(file, key, value, harness_names=_harness_names())


def _harness_names() -> list[str]:
    from whyburn.harnesses import registry  # noqa: PLC0415  asks the installed packages: 15 ms

    return registry.names()
