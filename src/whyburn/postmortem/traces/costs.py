"""What each event cost, and by which right we say so.

Prices that a person gave for this report win. Without them the dollars that the trace recorded hold, and where it
recorded none, the price book prices the tokens of a model that it lists. Anything else has no cost, which is not the
same as costing nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whyburn.postmortem.traces.model import Event, Usage
    from whyburn.prices.book import Book, Tariff
    from whyburn.prices.overrides import PriceConfig
    from whyburn.prices.rate import Rate

Basis = Literal["recorded", "given", "list", ""]
"""Recorded in the trace, computed from prices given for this report, or from the price book; "" for no cost."""


class Cost(NamedTuple):
    """Pico-dollars of one event; None is unknown."""

    pico: int | None
    basis: Basis = ""
    rate: Rate | None = None
    """The price that applies to the event, also where its recorded dollars hold."""


class Row(NamedTuple):
    """An event with its cost."""

    event: Event
    cost: Cost


class Costing:
    """Prices for the events of one trace."""

    def __init__(
        self, prices: PriceConfig | None, load_book: Callable[[], Book], *, source: str | None, now_ms: int
    ) -> None:
        self._prices = prices
        self._load_book = load_book
        self._source = source
        self._now_ms = now_ms
        self._book: Book | None = None
        self._tariffs: dict[tuple[str | None, str, str | None], Tariff] = {}

    def rows(self, events: Iterable[Event]) -> list[Row]:
        """Each event with its cost."""
        return [Row(event, self.cost(event)) for event in events]

    def cost(self, event: Event) -> Cost:
        """What one event cost."""
        recorded = Cost(event.recorded_pico, "recorded") if event.recorded_pico is not None else Cost(None)
        if event.usage is None or not event.model or event.usage.unsorted:
            return recorded
        rate = self.rate(event)
        if rate is None:
            return recorded
        if recorded.pico is not None and rate.basis != "given":
            return recorded._replace(rate=rate)
        return Cost(bill(rate, event.usage), "given" if rate.basis == "given" else "list", rate)

    def rate(self, event: Event, model: str | None = None) -> Rate | None:
        """The price of an event's model, or of another one in its place, at its time and prompt size."""
        model = model or event.model
        if self._prices is not None and self._prices.covers(model, source=self._source):
            return self._prices.rate(model, source=self._source)
        if not model:
            return None
        tariff = self._tariff(event.provider, model, event.speed)
        prompt = event.usage.prompt if event.usage is not None and not event.sum_of_calls else 0
        return tariff.rate_at(self._now_ms if event.at_ms is None else event.at_ms, prompt)

    def _tariff(self, provider: str | None, model: str, speed: str | None) -> Tariff:
        key = (provider, model, speed)
        if key not in self._tariffs:
            self._book = self._book or self._load_book()
            self._tariffs[key] = self._book.tariff(provider, model, speed=speed)
        return self._tariffs[key]


def bill(rate: Rate, usage: Usage) -> int:
    """What some tokens cost at a price, in pico-dollars."""
    return rate.cost(
        input=usage.input, output=usage.output, reasoning=0, cache_read=usage.cache_read, write_5m=usage.write_5m,
        write_1h=usage.write_1h, write_other=usage.write_other, searches=0,
    )  # fmt: skip


def total(rows: Iterable[Row]) -> int | None:
    """The known costs of some events; None where not one is known."""
    known = [row.cost.pico for row in rows if row.cost.pico is not None]
    return sum(known) if known else None
