"""The generator's own shape of a price history, and what can be done to one.

A `Row` is a set of prices between two instants. A history is a list of rows of one model in one mode, in order, without
overlaps; gaps are allowed and mean 'no price known'.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

FIELDS = ("input", "output", "cache_read", "write_5m", "write_1h", "reasoning")
Six = tuple[int | None, ...]
FAR = 1 << 62


@dataclass(frozen=True)
class Row:
    """Prices in pico-dollars per token from `start` to `until` (UTC milliseconds, None: open)."""

    start: int | None
    until: int | None
    basis: str  # d documented, c catalogue commit, o observed
    source: str
    base: Six
    tiers: tuple[tuple[int, Six], ...] = ()
    search: int = 0
    single: bool = False
    free: bool = False

    @property
    def prices(self) -> tuple[object, ...]:
        return (self.base, self.tiers, self.search, self.free)


@dataclass
class Model:
    """One listed id of one provider."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    aliases: set[str] = field(default_factory=set)
    seen_as: set[str] = field(default_factory=set)
    """Names that packages list for it and that the ladder reaches by itself."""


def pico(value: object) -> int | None:
    """US dollars per million tokens as pico-dollars per token; float dust is rounded here and nowhere else."""
    if value is None:
        return None
    return int((Decimal(str(value)) * 1_000_000).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def ms(text: str) -> int:
    """An RFC 3339 instant or a date as UTC milliseconds."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000


def day(at: int | None) -> str:
    """An instant for the printed table."""
    return "ever" if at is None else datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M")


def six(**prices: object) -> Six:
    return tuple(pico(prices.get(name)) for name in FIELDS)


def low(row: Row) -> int:
    return -FAR if row.start is None else row.start


def high(row: Row) -> int:
    return FAR if row.until is None else row.until


def close(rows: list[Row]) -> list[Row]:
    """Let each row end where the next begins, drop empty ones, and join neighbours with equal prices."""
    ordered = sorted(rows, key=low)
    made: list[Row] = []
    for index, row in enumerate(ordered):
        until = row.until
        if index + 1 < len(ordered):
            until = min(high(row), low(ordered[index + 1]))
        row = replace(row, until=None if until in {None, FAR} else until)  # noqa: PLW2901
        if low(row) >= high(row):
            continue
        if made and made[-1].prices == row.prices and high(made[-1]) == low(row):
            made[-1] = replace(made[-1], until=row.until, single=made[-1].single and row.single)
        else:
            made.append(row)
    return made


def cut(rows: list[Row], *instants: int) -> list[Row]:
    """Split rows at instants."""
    for instant in instants:
        halves: list[Row] = []
        for row in rows:
            if low(row) < instant < high(row):
                halves += [replace(row, until=instant), replace(row, start=instant)]
            else:
                halves.append(row)
        rows = halves
    return rows


def at(rows: list[Row], instant: int) -> Row | None:
    return next((row for row in rows if low(row) <= instant < high(row)), None)


def scaled(prices: Six, numerator: int, denominator: int) -> Six:
    return tuple(None if one is None else round(Decimal(one) * numerator / denominator) for one in prices)
