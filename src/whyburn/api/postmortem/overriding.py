"""Prices that a person gives for one report, in the place of the price book's.

Bills are priced again with exactly these prices, per call and in integers, before the session is taken apart; a model
that they do not decide about keeps what the ledger says. Findings that ask what another model would have cost are
answered from the same prices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.api.postmortem.market import prices_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from whyburn.ledger.bills import Bill
    from whyburn.postmortem.anatomy import Anatomy, Call, Prices
    from whyburn.postmortem.findings.interface import Market
    from whyburn.postmortem.report import Subject
    from whyburn.prices.overrides import PriceConfig
    from whyburn.prices.rate import Rate


def rebilled(bills: Mapping[int, Bill], prices: PriceConfig, harness: str) -> dict[int, Bill]:
    """The same bills at the given prices."""
    return {row: _rebilled(bill, prices, harness) for row, bill in bills.items()}


def _rebilled(bill: Bill, prices: PriceConfig, harness: str) -> Bill:
    if not prices.covers(bill.model, source=harness):
        return bill
    rate = prices.rate(bill.model, source=harness)
    if rate is None:
        return bill._replace(cost=None, p_in=None, p_out=None, p_reason=None, p_read=None, p_5m=None, p_1h=None,
                             p_search=None)  # fmt: skip
    return bill._replace(
        cost=_cost(bill, rate), p_in=rate.input, p_out=rate.output, p_reason=rate.reasoning, p_read=rate.cache_read,
        p_5m=rate.write_5m, p_1h=rate.write_1h, p_search=rate.search,
    )  # fmt: skip


def _cost(bill: Bill, rate: Rate) -> int:
    """One flat price has no tiers, so a call of several samplings costs what their sum costs."""
    return rate.cost(
        input=bill.input, output=bill.output, reasoning=bill.reasoning or 0, cache_read=bill.cache_read,
        write_5m=bill.write_5m, write_1h=bill.write_1h, write_other=bill.write_other, searches=bill.searches,
    )  # fmt: skip


def origin(prices: PriceConfig, anatomy: Anatomy, subject: Subject) -> str:
    """Where the prices of a report come from, in words."""
    covered = {prices.covers(call.model, source=subject.harness) for call in anatomy.billed}
    if prices.off:
        return f"pricing is off ({prices.origin})"
    if covered == {True}:
        return f"prices from {prices.origin}"
    if True in covered:
        return f"prices from {prices.origin}, {subject.prices} for other models"
    return f"{subject.prices}; {prices.origin} has no price for what is in it"


class GivenMarket:
    """A `Market` in which the given prices come before those of the price book."""

    def __init__(self, book: Market, prices: PriceConfig, harness: str) -> None:
        self._book = book
        self._given = prices
        self._harness = harness

    def prices(
        self, call: Call, *, model: str | None = None, speed: str | None = None, tier: str | None = None,
        prompt: int | None = None,
    ) -> Prices | None:  # fmt: skip
        """See `Market.prices`; given prices are the same for every speed, tier and size of prompt."""
        name = model or call.model
        if not self._given.covers(name, source=self._harness):
            return self._book.prices(call, model=model, speed=speed, tier=tier, prompt=prompt)
        rate = self._given.rate(name, source=self._harness)
        return None if rate is None else prices_of(rate)

    def cheaper(self, call: Call, used: Iterable[str]) -> str | None:
        """See `Market.cheaper`: nothing is, unless the prices of both models come from the same place."""
        found = self._book.cheaper(call, used)
        if found is None or self._given.covers(call.model, source=self._harness) != self._given.covers(
            found, source=self._harness
        ):
            return None
        own, other = self.prices(call), self.prices(call, model=found)
        return found if own and other and other.output < own.output and other.read < own.read else None
