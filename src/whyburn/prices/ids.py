"""Model ids: the ladder from what a log wrote to what a table lists.

The raw id is tried as it stands, then as an alias, then with one context marker and one release date taken off, and at
last with the punctuation of version numbers folded. Nothing else is ever removed: no step shortens a name by a word and
none matches a prefix, because `-mini`, `-max`, `-codex` or `:free` is a different model at a different price.
What was taken off is part of the answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CONTEXT = re.compile(r"\[\d+[km]\]$", re.IGNORECASE)
_DATE = re.compile(
    r"(?:[-@]20[2-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|-20[2-4]\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"|@default)$"
)
_DOT = re.compile(r"(?<=\d)\.(?=\d)")
_BEDROCK = re.compile(
    r"^(?:(?P<region>global|us-gov|us|eu|apac|jp|au|ca|in|sa|me|af)\.)?(?P<rest>[a-z][a-z0-9-]*\.[a-z].*?)"
    r"(?P<version>-v\d+(?::\d+)?|:\d+)?$"
)


class Found(NamedTuple):
    """The listed id that a raw id leads to, and the way there."""

    model: str
    step: str
    removed: tuple[str, ...]
    region: str = ""


class Names:
    """The listed ids and aliases of one provider, ready to be looked up."""

    __slots__ = ("_aliases", "_folded", "_ids", "_lower")

    def __init__(self, ids: Mapping[str, object], aliases: Mapping[str, str]) -> None:
        self._ids = ids
        self._lower = {name.lower(): name for name in ids}
        self._aliases = {name.lower(): target for name, target in aliases.items()}
        self._folded: dict[str, str | None] | None = None

    def find(self, raw: str, *, shapes: bool = False) -> Found | None:
        """The first rung of the ladder on which exactly one listed id stands, or None."""
        for name, steps, removed in variants(raw):
            listed, step = self._listed(name)
            if listed is not None:
                parts = [part for part in (step, *steps) if part]
                return Found(listed, "+".join(parts) or "exact", removed)
        for name, steps, removed in variants(raw):
            folded = self._fold().get(fold(name))
            if folded is not None:
                return Found(folded, "+".join((*steps, "fold")), removed)
        return self._shaped(raw) if shapes else None

    def exact(self, raw: str) -> bool:
        """Whether the id or alias is listed as it stands."""
        return self._listed(raw)[0] is not None

    def near(self, raw: str, limit: int = 3) -> list[str]:
        """Listed ids that look like a raw one; for people only, never for a price."""
        import difflib  # noqa: PLC0415  only an unpriced model is worth its load time

        return difflib.get_close_matches(raw.lower(), list(self._ids), n=limit, cutoff=0.6)

    def _listed(self, name: str) -> tuple[str | None, str]:
        if name in self._ids:
            return name, ""
        lower = name.lower()
        if lower in self._lower:
            return self._lower[lower], ""
        return self._aliases.get(lower), "alias"

    def _fold(self) -> dict[str, str | None]:
        """Folded name to id; a folded name that two ids share leads nowhere."""
        if self._folded is None:
            table: dict[str, str | None] = {}
            pairs = [*((name, name) for name in self._ids), *self._aliases.items()]
            for name, target in pairs:
                key = fold(name)
                table[key] = target if table.get(key, target) == target else None
            self._folded = table
        return self._folded

    def _shaped(self, raw: str) -> Found | None:
        """A Bedrock id taken apart: region, vendor and model, version.

        Tables list such an id without its version; below its own region where that has a price, else below `global.` or
        `regional.`, else as it is sold everywhere.
        """
        match = _BEDROCK.match(raw.lower())
        if match is None:
            return None
        region, rest, version = match["region"] or "", match["rest"], match["version"] or ""
        zone = "global." if region == "global" else "regional."
        for prefix in dict.fromkeys((f"{region}." if region else zone, zone, "")):
            found = self.find(prefix + rest)
            if found is not None:
                removed = tuple(part for part in (f"{region}." if region else "", *found.removed, version) if part)
                steps = [] if found.step == "exact" else [found.step]
                return Found(found.model, "+".join([*steps, "shape"]), removed, region)
        return None


def variants(raw: str) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """A raw id, then without its context marker, its date, and both: `(name, steps, removed)`."""
    name = raw.strip()
    yield name, (), ()
    context = _CONTEXT.search(name)
    if context is not None:
        name = name[: context.start()]
        yield name, ("context",), (context[0],)
    date = _DATE.search(name)
    if date is not None:
        marker = ("context",) if context is not None else ()
        taken = (context[0],) if context is not None else ()
        yield name[: date.start()], (*marker, "date"), (date[0], *taken)


def fold(name: str) -> str:
    """`.` between two digits becomes `-`, `_` becomes `-`, capitals become small; nothing else is equal."""
    return _DOT.sub("-", name.lower()).replace("_", "-")
