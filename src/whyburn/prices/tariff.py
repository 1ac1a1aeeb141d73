"""Everything that can apply to one model under one set of modifiers, as a list of dated slots.

Built once per (provider, model, modifiers) and kept by the caller; `rate_at` is a bisection and a comparison or two.
The same row always answers with the same `Rate` object, so callers may key their tables by it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from whyburn.prices.rate import EXTRAPOLATED, Rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.prices.schedule import Schedule
    from whyburn.prices.table import Listed, Period, Tier, Uplift

GRACE_MS = 7 * 86_400_000
"""A catalogue learns of a model after its launch: this long before its first row, the first row applies."""
_NEVER = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Match:
    """Which listed model a call's id led to, and how."""

    table: str
    provider: str
    model: str
    step: str
    removed: tuple[str, ...]
    inferred_provider: bool
    """The log named no provider; exactly one lab lists this id."""
    basis: str
    mode: str = ""
    """The price set that was asked for; empty for standard."""


class Layer(NamedTuple):
    """The slots of one table, and the slots with the hours of each rule applied."""

    starts: list[int]
    slots: list[tuple[Rate, ...]]
    schedule: Schedule | None
    scheduled: tuple[list[tuple[Rate, ...]], ...]

    def rate_at(self, at_ms: int, prompt: int) -> Rate | None:
        index = bisect_right(self.starts, at_ms) - 1
        if index < 0:
            return None
        slots = self.slots
        if self.schedule is not None:
            rule = self.schedule.rule_at(at_ms)
            slots = slots if rule < 0 else self.scheduled[rule]
        for rate in slots[index]:
            if rate.tier_min < prompt and (rate.tier_max is None or prompt <= rate.tier_max):
                return rate
        return None


class Tariff:
    """The rates of one model under one set of modifiers."""

    __slots__ = ("_layers", "listed", "matched", "reason")

    def __init__(self, layers: Sequence[Layer], listed: Sequence[tuple[Match, Listed]], reason: str = "") -> None:
        self._layers = tuple(layers)
        self.listed: tuple[tuple[Match, Listed], ...] = tuple(listed)
        """What each table lists, the user's before the snapshot, with prices for the mode or without."""
        self.matched: Match | None = listed[0][0] if layers else None
        """The first table's match; None when nothing can ever be priced."""
        self.reason: str = reason
        """Why there is no rate, for people; empty when there may be one."""

    def rate_at(self, at_ms: int, prompt: int) -> Rate | None:
        """The rate for a request of `prompt` tokens (input + cache read + cache writes) at an instant, or None."""
        for layer in self._layers:
            rate = layer.rate_at(at_ms, prompt)
            if rate is not None:
                return rate
        return None

    def rates(self) -> list[Rate]:
        """Every rate that can be the answer, in the order of tables, time and tiers."""
        found: dict[int, Rate] = {}
        for layer in self._layers:
            for slots in (layer.slots, *layer.scheduled):
                for slot in slots:
                    found.update((id(rate), rate) for rate in slot)
        return list(found.values())


def snapshot_layer(
    listed: Listed, periods: Iterable[Period], match: Match, uplifts: Sequence[Uplift], said: Sequence[str]
) -> Layer:
    """The slots of dated rows that follow each other, with a week of grace before the first."""
    rows = list(periods)
    starts: list[int] = []
    slots: list[tuple[Rate, ...]] = []
    origin: list[tuple[Period | None, tuple[str, ...]]] = []

    def add(start: int | None, period: Period | None, mods: tuple[str, ...]) -> None:
        starts.append(_NEVER if start is None else start)
        slots.append(_rates(listed, period, match, uplifts, mods) if period else ())
        origin.append((period, mods))

    mods = tuple(word for word in said if word)
    if rows and rows[0].from_ms is not None:
        add(rows[0].from_ms - GRACE_MS, rows[0], (*mods, EXTRAPOLATED))
    for index, period in enumerate(rows):
        add(period.from_ms, period, mods)
        following = rows[index + 1].from_ms if index + 1 < len(rows) else None
        if period.until_ms is not None and period.until_ms != following:
            add(period.until_ms, None, mods)
    return Layer(starts, slots, listed.schedule, _by_hours(listed, match, uplifts, origin))


def _by_hours(
    listed: Listed, match: Match, uplifts: Sequence[Uplift], origin: Sequence[tuple[Period | None, tuple[str, ...]]]
) -> tuple[list[tuple[Rate, ...]], ...]:
    if listed.schedule is None:
        return ()
    return tuple(
        [
            _rates(listed, period, match, uplifts, (*mods, rule.label), factor=rule.factor) if period else ()
            for period, mods in origin
        ]
        for rule in listed.schedule.rules
    )


def _rates(
    listed: Listed,
    period: Period,
    match: Match,
    uplifts: Sequence[Uplift],
    mods: Sequence[str],
    *,
    factor: tuple[int, int] = (1, 1),
) -> tuple[Rate, ...]:
    return tuple(
        make_rate(listed, period, tier, match=match, uplifts=uplifts, mods=mods, factor=factor) for tier in period.tiers
    )


def make_rate(
    listed: Listed,
    period: Period,
    tier: Tier,
    *,
    match: Match,
    uplifts: Sequence[Uplift] = (),
    mods: Sequence[str] = (),
    factor: tuple[int, int] = (1, 1),
) -> Rate:
    """One row's final prices: hours and uplifts multiplied in, last of all and once."""
    numerator, denominator = factor
    for uplift in uplifts:
        numerator, denominator = numerator * uplift.numerator, denominator * uplift.denominator
    prices = tier.prices if numerator == denominator else tier.prices.times(numerator, denominator)
    return Rate(
        table=listed.table,
        provider=listed.provider,
        model=listed.model,
        tier_min=tier.above,
        tier_max=tier.up_to,
        valid_from_ms=period.from_ms,
        valid_until_ms=period.until_ms,
        mods=",".join(mods),
        input=prices.input,
        output=prices.output,
        reasoning=prices.reasoning,
        cache_read=prices.cache_read,
        write_5m=prices.write_5m,
        write_1h=prices.write_1h,
        search=period.search,
        origin=period.source,
        match_step=match.step,
        status="free" if period.free else "priced",
        basis=match.basis,
    )
