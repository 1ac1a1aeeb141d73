"""`prices.toml` and `prices/*.toml`: from tables to price rows, with every row checked against all others.

A row that cannot be used is left out and named, all others count. `prices.toml` is what a person maintains, the files
in the folder are generated: for the same model and context range the person's row wins without a word; two rows of
equal standing that contradict each other are a problem that names both places, and the earlier one is used.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from whyburn.clock import Zone, instant
from whyburn.errors import PeriodError
from whyburn.settings.config_file import ROW_IGNORED, checked_value
from whyburn.settings.price_rows import PriceRow
from whyburn.settings.rules import HOMES, Rule, shown, text_value, word_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.settings.document import Document
    from whyburn.settings.lines import Path
    from whyburn.settings.price_rows import Table

_DEAREST = 1_000_000  # dollars per million tokens: a dollar a token is a slip of the pen
_LARGEST_CONTEXT = 10**9


def _amount(value: object) -> Decimal:
    number = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(number, Decimal) or not number.is_finite():
        hint = _meant(value) if isinstance(value, str) else "an amount in dollars, as in 3.5"
        raise ValueError(f"write {hint}")
    if not 0 <= number <= _DEAREST:
        raise ValueError(f"write an amount from 0 to {_DEAREST}")
    return number


def _meant(text: str) -> str:
    """What a person who quoted a number most likely meant."""
    plain = text.strip().removeprefix("$").strip().replace(",", "." if text.count(",") == 1 else "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return "a number without quotes, as in 3.5"
    return plain if number.is_finite() and number >= 0 else "a number without quotes, as in 3.5"


def _tokens(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_CONTEXT:
        return value
    raise ValueError("write a number of tokens")


def _aliases(value: object) -> tuple[str, ...]:
    return () if value == [] else word_list(value, known=None, what="model")


def _basis(value: object) -> str:
    if value == "prompt_like":
        return "prompt_like"
    raise ValueError("write prompt_like, the only basis there is")


def _instant_ms(value: object) -> int:
    """A TOML date or time, or one in quotes. Without an offset it is UTC: announcements go by no one's zone."""
    text = value.isoformat() if isinstance(value, date) else value
    try:
        if isinstance(text, str):
            return instant(text, zone=Zone("UTC"), option="")
    except PeriodError:
        pass
    raise ValueError("write a date such as 2026-05-01")


def _rule(check: Callable[[object], object]) -> Rule:
    return Rule("text", check)


_KEYS: dict[str, tuple[str, Rule]] = {
    "provider": ("provider", _rule(text_value)),
    "model": ("model", _rule(text_value)),
    "aliases": ("aliases", _rule(_aliases)),
    "input_usd_per_1m": ("input_usd", _rule(_amount)),
    "output_usd_per_1m": ("output_usd", _rule(_amount)),
    "cached_input_usd_per_1m": ("cached_input_usd", _rule(_amount)),
    "cache_write_usd_per_1m": ("cache_write_usd", _rule(_amount)),
    "cache_write_1h_usd_per_1m": ("cache_write_1h_usd", _rule(_amount)),
    "reasoning_usd_per_1m": ("reasoning_usd", _rule(_amount)),
    "web_search_usd_per_1k": ("web_search_usd_per_1k", _rule(_amount)),
    "category": ("category", _rule(text_value)),
    "release_status": ("release_status", _rule(text_value)),
    "context_min_tokens": ("context_min", _rule(_tokens)),
    "context_max_tokens": ("context_max", _rule(_tokens)),
    "context_basis": ("context_basis", _rule(_basis)),
    "valid_from": ("valid_from_ms", _rule(_instant_ms)),
    "valid_until": ("valid_until_ms", _rule(_instant_ms)),
}
_REQUIRED = ("provider", "model", "input_usd_per_1m", "output_usd_per_1m")


@dataclass(frozen=True, slots=True)
class _Found:
    row: PriceRow
    document: Document
    path: Path
    manual: bool


def price_rows(documents: list[Document], *, manual: str) -> tuple[PriceRow, ...]:
    """The usable rows of all files, those of `manual` first; problems are added to the documents."""
    book = _Book()
    for document in documents:
        for found in _rows_of(document, manual=document.file == manual):
            book.add(found)
    return tuple(found.row for found in book.kept)


def canonical(row: PriceRow) -> tuple[str, ...]:
    """What a row means, in one spelling: 3.0 is 3, the place it was written at is left out."""
    values = (getattr(row, one.name) for one in fields(row) if one.name != "file")
    return tuple(format(value.normalize(), "f") if isinstance(value, Decimal) else repr(value) for value in values)


def _rows_of(document: Document, *, manual: bool) -> list[_Found]:
    pricing = document.sections((*HOMES["prices.toml"], "metadata")).get("pricing", {})
    found = []
    for name, value in document.table(("pricing",), pricing).items():
        table: Table
        if name == "virtual":
            table = "virtual"
        elif name == "actual":
            table = "actual"
        else:
            document.unknown(("pricing", name), ("virtual", "actual"))
            continue
        for path, given in document.rows(("pricing", table), value):
            row = _row(document, path, given, table)
            if row is not None:
                found.append(_Found(row, document, path, manual))
    return found


def _row(document: Document, path: Path, given: dict[str, object], table: Table) -> PriceRow | None:
    values: dict[str, object] = {name: None for name, _ in _KEYS.values()} | {"aliases": ()}
    usable = True
    for key, value in given.items():
        if key not in _KEYS:
            document.unknown((*path, key), _KEYS)
            continue
        name, rule = _KEYS[key]
        values[name] = checked_value(document, (*path, key), value, rule, ROW_IGNORED)
        usable = usable and values[name] is not None
    missing = [key for key in _REQUIRED if key not in given]
    if missing:
        document.report(path, f"{' and '.join(missing)} missing in [[pricing.{table}]]; {ROW_IGNORED}")
    del values["context_basis"]
    if missing or not usable:
        return None
    row = PriceRow(table=table, file=document.file, **values)  # type: ignore[arg-type]
    return row if _sensible(document, path, row) else None


def _sensible(document: Document, path: Path, row: PriceRow) -> bool:
    """Ranges must not be empty. A cached price above the fresh one is odd, but used."""
    if row.context_min is not None and row.context_max is not None and row.context_min > row.context_max:
        message = f"context_min_tokens {row.context_min} is above context_max_tokens {row.context_max}; {ROW_IGNORED}"
        document.report((*path, "context_min_tokens"), message)
        return False
    if row.valid_from_ms is not None and row.valid_until_ms is not None and row.valid_from_ms >= row.valid_until_ms:
        document.report((*path, "valid_from"), f"valid_from is not before valid_until; {ROW_IGNORED}")
        return False
    if row.cached_input_usd is not None and row.cached_input_usd > row.input_usd:
        message = f"cached input of {row.provider}/{row.model} costs more than fresh input"
        document.report((*path, "cached_input_usd_per_1m"), message, level="warning")
    return True


class _Book:
    """Rows accepted so far, by model and by alias."""

    def __init__(self) -> None:
        self.kept: list[_Found] = []
        self._of_model: dict[tuple[str, str, str], list[_Found]] = {}
        self._of_alias: dict[tuple[str, str, str], list[_Found]] = {}

    def add(self, found: _Found) -> None:
        """Keeps a row unless an earlier one says something else for the same calls."""
        row = found.row
        same_model = self._of_model.setdefault(_key(row, row.model), [])
        for earlier in same_model:
            if _same_range(earlier.row, row) and earlier.manual and not found.manual:
                return
            if _clash(earlier.row, row):
                if canonical(earlier.row) != canonical(row) or earlier.document is found.document:
                    self._report(found, earlier)
                return
        found = self._with_own_aliases(found)
        same_model.append(found)
        self.kept.append(found)
        for alias in found.row.aliases:
            self._of_alias.setdefault(_key(row, alias), []).append(found)

    def _report(self, found: _Found, earlier: _Found) -> None:
        row = found.row
        kind = "is priced twice" if _same_range(earlier.row, row) else "has overlapping context ranges"
        message = f"{row.provider}/{row.model} {kind}, also at {_place(earlier, found)}; {ROW_IGNORED}"
        found.document.report(found.path, message)

    def _with_own_aliases(self, found: _Found) -> _Found:
        """The row without aliases that already mean another model of the provider at the same time."""
        row, own = found.row, []
        for alias in found.row.aliases:
            others = self._of_alias.get(_key(row, alias), [])
            other = next((one for one in others if _folded(one.row.model) != _folded(row.model)), None)
            if other is None or not _valid_together(other.row, row):
                own.append(alias)
                continue
            message = (
                f"alias {shown(alias)} of {row.provider}/{row.model} already means {other.row.model} at "
                f"{_place(other, found)}; the alias is ignored here, the row is used"
            )
            found.document.report((*found.path, "aliases"), message)
        return found if len(own) == len(row.aliases) else replace(found, row=replace(row, aliases=tuple(own)))


def _place(earlier: _Found, found: _Found) -> str:
    file = "" if earlier.document is found.document else os.path.basename(earlier.document.file) + " "
    return f"{file}line {earlier.document.line(earlier.path)}"


def _key(row: PriceRow, model: str) -> tuple[str, str, str]:
    return row.table, _folded(row.provider), _folded(model)


def _folded(name: str) -> str:
    return name.strip().casefold()


def _same_range(one: PriceRow, other: PriceRow) -> bool:
    return (one.context_min, one.context_max) == (other.context_min, other.context_max)


def _clash(one: PriceRow, other: PriceRow) -> bool:
    """Whether both rows claim a call. A row without a range is for what the ranges leave over: it claims none."""
    if not _valid_together(one, other):
        return False
    if (one.context_min is one.context_max is None) != (other.context_min is other.context_max is None):
        return False
    low = max(one.context_min or 0, other.context_min or 0)
    return low <= min(_upper(one.context_max), _upper(other.context_max))


def _upper(context_max: int | None) -> int:
    return _LARGEST_CONTEXT if context_max is None else context_max


def _valid_together(one: PriceRow, other: PriceRow) -> bool:
    ends_before = one.valid_until_ms is not None and (other.valid_from_ms or 0) >= one.valid_until_ms
    starts_after = other.valid_until_ms is not None and (one.valid_from_ms or 0) >= other.valid_until_ms
    return not (ends_before or starts_after)
