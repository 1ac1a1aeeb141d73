"""`config.toml` and `machine.toml`: from tables to the sections of `schema`.

A value that cannot be used costs itself: the default holds in its place, the rest of its section stands.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from whyburn.settings.rules import CONFIG, HARNESSES, HOMES, MACHINE, RULE_ROW, TABLES, nearest, shown
from whyburn.settings.schema import ActualRule, Costing, Imports, Reports, Statusline

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from whyburn.settings.document import Document
    from whyburn.settings.lines import Path
    from whyburn.settings.rules import Rule

    Reader = Callable[[object], object]

ROW_IGNORED = "this row is ignored, all others are used"
Section = TypeVar("Section", Imports, Reports, Costing, Statusline)


class ConfigFile:
    """The sections of one `config.toml`; its problems are added to the document's."""

    def __init__(self, document: Document, harness_names: Collection[str] | None = None) -> None:
        self._document = document
        self._harness_names = harness_names
        self._tables = document.sections(HOMES["config.toml"])
        for name in ("areas", "sync", "context_window"):
            if name in self._tables:
                document.unknown((name,), ())
        self.imports = self._section("imports", Imports(), {"harnesses": self._harnesses, "sources": self._sources})
        self.reports = self._section("reports", Reports(), {})
        self.costing = self._section("costing", Costing(), {"provider_aliases": self._aliases})
        self.statusline = self._section("statusline", Statusline(), {})
        self.actual_rules = tuple(self._actual_rules())

    def _section(self, name: str, defaults: Section, readers: Mapping[str, Reader]) -> Section:
        """The section's object; `readers` are for keys that need more than a rule."""
        table = self._document.table((name,), self._tables.get(name, {}))
        found = read_keys(self._document, (name,), table, CONFIG[name], readers=readers, defaults=defaults)
        return defaults._replace(**found)

    def _harnesses(self, value: object) -> tuple[str, ...] | None:
        path: Path = ("imports", "harnesses")
        names = checked_value(self._document, path, value, HARNESSES, "all harnesses are read")
        if not isinstance(names, tuple):
            return None
        known = [name for name in names if self._known_harness(path, name)]
        return tuple(known) or None

    def _known_harness(self, path: Path, name: str) -> bool:
        """Whether a harness is registered; without a registry at hand any name is taken."""
        if self._harness_names is None or name in self._harness_names:
            return True
        hint = nearest(name, sorted(self._harness_names))
        self._document.report(path, f"{shown(name)} is not a harness — {hint}; it is ignored")
        return False

    def _sources(self, value: object) -> dict[str, tuple[str, ...]]:
        path: Path = ("imports", "sources")
        found = {}
        for name, places in self._document.table(path, value).items():
            checked = checked_value(self._document, (*path, name), places, TABLES["imports.sources"])
            if isinstance(checked, tuple) and self._known_harness((*path, name), name):
                found[name] = checked
        return found

    def _aliases(self, value: object) -> dict[str, str]:
        """Alias to provider in lower case; an alias that leads back to itself is left out."""
        path: Path = ("costing", "provider_aliases")
        found: dict[str, str] = {}
        for alias, provider in self._document.table(path, value).items():
            target = checked_value(self._document, (*path, alias), provider, TABLES["costing.provider_aliases"])
            if not isinstance(target, str):
                continue
            wrong = "is named twice, in other letters" if alias.lower() in found else ""
            if _chain_end(found, target.lower()) == alias.lower():
                wrong = "leads back to itself"
            if wrong:
                self._document.report((*path, alias), f"{alias} = {shown(provider)} {wrong}; this alias is ignored")
            else:
                found[alias.lower()] = target.lower()
        return found

    def _actual_rules(self) -> list[ActualRule]:
        rules = []
        for path, row in self._document.rows(("actual_cost",), self._tables.get("actual_cost", [])):
            before = len(self._document.problems)
            found = read_keys(self._document, path, row, RULE_ROW, instead=ROW_IGNORED)
            if len(self._document.problems) > before:
                continue
            if "mode" not in found:
                self._document.report(path, "mode is missing — write source, zero or pricing; this row is ignored")
                continue
            harness = found.get("harness", "*")
            if harness != "*" and not self._known_harness((*path, "harness"), harness):
                continue
            keys = {key: None if found.get(key) == "*" else found.get(key) for key in RULE_ROW}
            rules.append(ActualRule(**keys))  # type: ignore[arg-type]
        return rules


def _chain_end(aliases: dict[str, str], name: str) -> str:
    while name in aliases:
        name = aliases[name]
    return name


def machine_name(document: Document) -> str | None:
    """`[machine] name`, None if there is none that can be used."""
    path = ("machine",)
    table = document.table(path, document.sections(HOMES["machine.toml"]).get("machine", {}))
    name = read_keys(document, path, table, MACHINE).get("name")
    return name if isinstance(name, str) else None


def read_keys(
    document: Document,
    path: Path,
    table: dict[str, object],
    rules: Mapping[str, Rule],
    *,
    readers: Mapping[str, Reader] = MappingProxyType({}),
    defaults: object = None,
    instead: str = "it is ignored",
) -> dict[str, Any]:
    """The values of a table by key, each from its reader or its rule; what neither accepts is reported and left out."""
    found: dict[str, Any] = {}
    for key, given in table.items():
        if key in readers:
            found[key] = readers[key](given)
        elif key in rules:
            fallback = _instead(getattr(defaults, key)) if defaults else instead
            checked = checked_value(document, (*path, key), given, rules[key], fallback)
            if checked is not None:
                found[key] = checked
        else:
            document.unknown((*path, key), (*rules, *readers))
    return found


def checked_value(document: Document, path: Path, given: object, rule: Rule, instead: str = "it is ignored") -> object:
    """The value as a rule takes it; None, and a problem in the document, where it does not."""
    try:
        return rule.check(given)
    except ValueError as error:
        document.report(path, f"{path[-1]} is {shown(given)} — {error}; {instead}")
        return None


def _instead(default: object) -> str:
    """What holds in place of a bad value."""
    return "the default is used" if default is None or isinstance(default, tuple) else f"{shown(default)} is used"
