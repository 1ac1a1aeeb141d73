"""Tiers, the arithmetic of a bill, and the properties that every rate of the snapshot has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from whyburn.prices.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.prices.book import Book

CLASSES = ("input", "output", "cache_read", "write_5m", "write_1h", "write_other", "searches")


def a_rate(**given: Any) -> Rate:
    fields: dict[str, Any] = dict.fromkeys(Rate.__dataclass_fields__)
    fields |= {"tier_min": -1, "mods": "", "input": 3, "output": 15, "search": 0, "status": "priced"}
    return Rate(**fields | given)


def cost(rate: Rate, **tokens: int) -> int:
    return rate.cost(**dict.fromkeys((*CLASSES, "reasoning"), 0) | tokens)


def test_missing_prices_are_billed_as_described() -> None:
    """Reads and writes without a price are input, one-hour writes then short ones, and reasoning is output."""
    assert cost(a_rate(), cache_read=1) == 3
    assert cost(a_rate(), write_5m=1) == 3
    assert cost(a_rate(), write_1h=1) == 3
    assert cost(a_rate(write_5m=4), write_1h=1) == 4
    assert cost(a_rate(write_5m=4, write_1h=6), write_1h=1, write_other=1) == 10
    assert cost(a_rate(), output=10, reasoning=4) == 150


def test_reasoning_is_inside_output_and_billed_once() -> None:
    """Only the reasoning part of the output changes price when reasoning has one."""
    assert cost(a_rate(reasoning=20), output=10, reasoning=4) == 6 * 15 + 4 * 20


def test_a_price_of_zero_is_a_price() -> None:
    """A cache read that is free is not billed as input."""
    assert cost(a_rate(cache_read=0), cache_read=100) == 0


def test_the_tier_begins_one_above_the_threshold(book: Book, at: Callable[[str], int]) -> None:
    """A prompt of exactly 272,000 tokens pays the base price, one token more pays the tier for every token."""
    tariff = book.tariff("openai", "gpt-5.5")
    base, tier = (tariff.rate_at(at("2026-07-01"), prompt) for prompt in (272_000, 272_001))

    assert base is not None
    assert tier is not None
    assert (base.tier_min, base.tier_max, tier.tier_min, tier.tier_max) == (-1, 272_000, 272_000, None)
    assert (tier.input, tier.output, tier.cache_read) == (
        2 * base.input,
        base.output * 3 // 2,
        2 * (base.cache_read or 0),
    )


def test_the_same_row_is_the_same_object(book: Book, at: Callable[[str], int]) -> None:
    """Callers key their tables by the rate."""
    tariff = book.tariff("anthropic", "claude-haiku-5-5")

    assert tariff.rate_at(at("2026-11-01"), 5) is tariff.rate_at(at("2026-11-02"), 99_999)
    assert tariff.rate_at(at("2026-11-01"), 5) is not tariff.rate_at(at("2026-11-01"), 100_001)


def test_a_launch_day_call_is_extrapolated_for_a_week(book: Book, at: Callable[[str], int]) -> None:
    """Up to seven days before the first row its price applies and says so; earlier there is none."""
    tariff = book.tariff("anthropic", "claude-opus-4-8")
    early = tariff.rate_at(at("2026-05-25"), 10)

    assert early is not None
    assert early.mods == "extrapolated"
    assert tariff.rate_at(at("2026-05-20"), 10) is None
    assert "known before" not in tariff.reason


@given(
    st.sampled_from(CLASSES),
    st.dictionaries(st.sampled_from(CLASSES), st.integers(0, 10**8)),
    st.integers(0, 10**8),
)
def test_cost_is_monotone_in_every_class(kind: str, tokens: dict[str, int], more: int) -> None:
    """More tokens of any class never cost less."""
    rate = a_rate(cache_read=1, write_5m=4, search=10**10)

    assert cost(rate, **tokens | {kind: tokens.get(kind, 0) + more}) >= cost(rate, **tokens)


@given(st.dictionaries(st.sampled_from(CLASSES), st.tuples(st.integers(0, 10**8), st.integers(0, 10**8))))
def test_splitting_a_request_keeps_its_cost_at_one_rate(halves: dict[str, tuple[int, int]]) -> None:
    """Cost is additive: money is integers and nothing is rounded per call."""
    rate = a_rate(cache_read=1, write_5m=4, write_1h=6, search=10**10)
    one, two, both = (
        {kind: part(pair) for kind, pair in halves.items()} for part in (lambda p: p[0], lambda p: p[1], sum)
    )

    assert cost(rate, **one) + cost(rate, **two) == cost(rate, **both)
