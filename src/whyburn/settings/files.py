"""All settings files together: read, checked, and put into one `Settings`.

Apart from the loader because it imports what only people with settings files should pay for.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from whyburn.settings.config_file import ConfigFile, machine_name
from whyburn.settings.document import Document, read
from whyburn.settings.price_files import canonical, price_rows
from whyburn.settings.rules import HOMES
from whyburn.settings.schema import BUILT_IN, Costing, Problem, Settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from whyburn.settings.paths import Paths
    from whyburn.settings.price_rows import PriceRow
    from whyburn.settings.schema import ActualRule


def read_files(paths: Paths, price_files: list[str], harness_names: Collection[str] | None) -> Settings:
    """The settings that the files hold; the environment is left to the loader."""
    config_document, machine, plans = (read(file) for file in (paths.config, paths.machine, paths.subscriptions))
    config = ConfigFile(config_document, harness_names)
    name = machine_name(machine)
    plans.sections((*HOMES["subscriptions.toml"], "metadata"))
    documents = [read(file) for file in price_files]
    rows = price_rows(documents, manual=paths.prices)
    return Settings(
        paths=paths,
        imports=config.imports,
        reports=config.reports,
        costing=config.costing,
        actual_rules=config.actual_rules,
        statusline=config.statusline,
        price_rows=rows,
        machine_name=name,
        problems=_in_order([config_document, machine, plans, *documents]),
        costing_fingerprint=_fingerprint(rows, config.costing, config.actual_rules),
    )


def _in_order(documents: list[Document]) -> tuple[Problem, ...]:
    """By file, then by line, as a person goes through them."""
    return tuple(
        problem for one in documents for problem in sorted(one.problems, key=lambda problem: problem.line or 0)
    )


def _fingerprint(rows: tuple[PriceRow, ...], costing: Costing, rules: tuple[ActualRule, ...]) -> str:
    """A hash of everything that decides a cost; where it was written, and display settings, do not matter."""
    aliases = sorted(costing.provider_aliases.items())
    modes = (costing.default_actual_mode, costing.default_virtual_mode)
    defaults = Costing()
    if not (rows or aliases or rules) and modes == (defaults.default_actual_mode, defaults.default_virtual_mode):
        return BUILT_IN
    ordered_rules = [(rule.harness, rule.provider, rule.model, rule.mode) for rule in rules]
    facts = repr((sorted(map(canonical, rows)), aliases, ordered_rules, modes))
    return sha256(facts.encode()).hexdigest()[:32]
