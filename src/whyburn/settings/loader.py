"""One loader for all settings files: it returns what can be used and says, with file and line, what cannot.

Nothing in a file can make `load` raise. Without any file it reads no TOML library either: most people never write one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from whyburn.settings.paths import PREFIXES
from whyburn.settings.schema import Problem, Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from whyburn.settings.paths import Paths


def load(
    paths: Paths, environ: Mapping[str, str] = os.environ, *, harness_names: Collection[str] | None = None
) -> Settings:
    """The settings at these paths and in the environment.

    Harness names are checked only when `harness_names` are given: asking the registry costs more than most commands.
    """
    settings = Settings(paths)
    price_files = list_price_files(paths)
    if any(map(os.path.exists, (paths.config, paths.machine, paths.subscriptions))) or price_files:
        from whyburn.settings.files import read_files  # noqa: PLC0415  TOML, decimals and hashing: only for those with files

        settings = read_files(paths, price_files, harness_names)
    return _with_environment(settings, environ)


def list_price_files(paths: Paths) -> list[str]:
    """The price files that exist, the manual one first, then those of the prices folder by name."""
    try:
        names = sorted(name for name in os.listdir(paths.prices_dir) if name.endswith(".toml"))
    except OSError:
        names = []
    manual = [paths.prices] if os.path.exists(paths.prices) else []
    return manual + [os.path.join(paths.prices_dir, name) for name in names]


def _with_environment(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """`WHYBURN_MACHINE_NAME` wins over machine.toml; set but unusable is an error and not a silent fallback."""
    variable = next((prefix + "MACHINE_NAME" for prefix in PREFIXES if prefix + "MACHINE_NAME" in environ), None)
    if variable is None:
        return settings
    from whyburn.settings.rules import machine_name, shown  # noqa: PLC0415  rarely set

    try:
        return settings._replace(machine_name=machine_name(environ[variable]))
    except ValueError as error:
        message = f"{variable} is {shown(environ[variable])} — {error}, or unset it"
        problem = Problem("environment", None, variable, message, "machine")
        return settings._replace(problems=(*settings.problems, problem))
