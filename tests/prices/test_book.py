"""Who answers for a call: the user's rows, the snapshot, a lab's list price on request, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from whyburn.prices import snapshot
from whyburn.prices.book import Book

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.settings.price_rows import PriceRow

    Row = Callable[..., PriceRow]
    At = Callable[[str], int]


def test_user_rows_win_over_the_snapshot(a_row: Row, at: At) -> None:
    """A model in the user's table costs what the user says, found by the same ladder."""
    own = Book.load([a_row(provider="anthropic", model="claude-opus-4.5", input_usd="0.5")])

    rate = own.tariff("anthropic", "claude-opus-4-5-20251101").rate_at(at("2026-01-08"), 10)

    assert rate is not None
    assert (rate.table, rate.input, rate.match_step, rate.origin) == ("user", 500_000, "date+fold", "prices.toml")


def test_the_narrowest_range_wins_and_the_open_row_is_last(a_row: Row, at: At) -> None:
    """Of rows with prompt ranges the narrowest that holds applies, then the row without one."""
    rows = [
        a_row(input_usd="1"),
        a_row(input_usd="2", context_min=100, context_max=1000),
        a_row(input_usd="3", context_min=200, context_max=300),
    ]
    tariff = Book.load(rows).tariff("acme", "m1")

    found = [tariff.rate_at(at("2026-01-01"), prompt) for prompt in (99, 100, 199, 200, 300, 301, 1000, 1001)]

    assert [rate and rate.input // 1_000_000 for rate in found] == [1, 2, 2, 3, 3, 2, 2, 1]


def test_a_prompt_outside_all_ranges_is_unpriced(a_row: Row, at: At) -> None:
    """Ranges without an open row price nothing else."""
    tariff = Book.load([a_row(context_min=10, context_max=20)]).tariff("acme", "m1")

    assert tariff.rate_at(at("2026-01-01"), 9) is None
    assert tariff.rate_at(at("2026-01-01"), 10) is not None


def test_user_rows_have_dates(a_row: Row, at: At) -> None:
    """A row holds from its first instant to before its last; outside, the snapshot answers if it can."""
    rows = [a_row(provider="openai", model="gpt-5", valid_from_ms=at("2026-01-01"), valid_until_ms=at("2026-02-01"))]
    tariff = Book.load(rows).tariff("openai", "gpt-5")

    tables = [tariff.rate_at(when, 1) for when in (at("2026-01-01") - 1, at("2026-01-01"), at("2026-02-01"))]

    assert [rate and rate.table for rate in tables] == ["snapshot", "user", "snapshot"]


def test_actual_rows_are_a_table_of_their_own(a_row: Row, at: At) -> None:
    """What is billed comes from the rows for billed prices only, never from a list."""
    own = Book.load([a_row(table="actual", provider="openai", model="gpt-5", input_usd="0.1")])

    rate = own.tariff("openai", "gpt-5", table="actual").rate_at(at("2026-01-01"), 1)

    assert rate is not None
    assert (rate.table, rate.input) == ("actual", 100_000)
    assert own.tariff("openai", "gpt-5.1", table="actual").rate_at(at("2026-01-01"), 1) is None
    assert (own.tariff("openai", "gpt-5").rate_at(at("2026-01-01"), 1) or rate).table == "snapshot"


def test_a_mode_without_a_price_is_unpriced(book: Book, at: At) -> None:
    """An unusual service tier never falls back to the standard price in silence."""
    tariff = book.tariff("openai", "gpt-5.2", service_tier="scale")

    assert tariff.rate_at(at("2026-02-01"), 1) is None
    assert tariff.matched is None
    assert tariff.reason == "no price of openai/gpt-5.2 for service_tier=scale"


@pytest.mark.parametrize("word", ["standard", "default", "auto", "", None, "STANDARD"])
def test_ordinary_words_mean_the_standard_price(book: Book, at: At, word: str | None) -> None:
    """What harnesses write for 'nothing special' asks for no mode."""
    rate = book.tariff("anthropic", "claude-opus-5", speed=word, service_tier=word).rate_at(at("2026-09-01"), 1)

    assert rate is not None
    assert (rate.mods, rate.input) == ("", 5_000_000)


@pytest.mark.parametrize("geo", ["global", "not_available", "", None])
def test_anywhere_costs_no_uplift(book: Book, at: At, geo: str | None) -> None:
    """Values that name no place mean a factor of one."""
    rate = book.tariff("anthropic", "claude-opus-4-8", geo=geo).rate_at(at("2026-07-07"), 1)

    assert rate is not None
    assert (rate.mods, rate.input) == ("", 5_000_000)


def test_an_uplift_is_for_named_models_only(book: Book, at: At) -> None:
    """US inference costs more from the 4.6 generation on, and multiplies last, on top of the mode."""
    old = book.tariff("anthropic", "claude-opus-4-5", geo="us").rate_at(at("2026-01-07"), 1)
    fast = book.tariff("anthropic", "claude-opus-5", geo="us", speed="fast").rate_at(at("2026-09-07"), 1)

    assert old is not None
    assert fast is not None
    assert (old.mods, old.input) == ("", 5_000_000)
    assert (fast.mods, fast.input, fast.output) == ("speed=fast,geo=us", 11_000_000, 55_000_000)


@pytest.mark.parametrize(
    ("when", "peak"),
    [
        ("2026-08-14T02:00:00Z", False),  # a Friday before the rule
        ("2026-08-17T02:00:00Z", True),
        ("2026-08-17T00:59:00Z", False),
        ("2026-08-17T04:00:00Z", False),
        ("2026-08-17T09:59:00Z", True),
        ("2026-08-22T02:00:00Z", False),  # a Saturday
        ("2026-09-25T02:00:00Z", False),  # a holiday
    ],
)
def test_peak_hours_have_weekdays_and_holidays(book: Book, at: At, when: str, peak: bool) -> None:
    """The rule exists from its first instant, on working days of the seller's calendar, within its windows."""
    rate = book.tariff("deepseek", "deepseek-v4-pro").rate_at(at(when), 1)

    assert rate is not None
    assert (rate.mods == "peak") == peak


def test_a_missing_provider_is_inferred_from_one_lab(book: Book, at: At) -> None:
    """The exact id of exactly one lab names its provider, and the match says that it was inferred."""
    tariff = book.tariff(None, "claude-opus-4-5-20251101")

    assert tariff.rate_at(at("2026-01-08"), 1) is not None
    assert tariff.matched is not None
    assert (tariff.matched.provider, tariff.matched.inferred_provider) == ("anthropic", True)


@pytest.mark.parametrize("model", ["claude-whatever-9", "gpt-5-supermax", "opus-4-5"])
def test_a_name_that_only_looks_like_a_lab_infers_nothing(book: Book, model: str) -> None:
    """No prefix decides a provider."""
    assert book.tariff("unknown", model).reason == "no provider recorded"


def test_an_unknown_provider_has_no_price(book: Book, at: At) -> None:
    """A gateway without a table is unpriced, whatever it sells."""
    tariff = book.tariff("some-gateway", "claude-opus-4-5")

    assert tariff.rate_at(at("2026-01-08"), 1) is None
    assert tariff.reason == "no price table for provider some-gateway"


def test_list_prices_are_for_those_who_ask(at: At) -> None:
    """On request a lab's list price stands in for a gateway's, with the lab's name and the basis in the rate."""
    book = Book.load(list_prices=True)

    rate = book.tariff("some-gateway", "anthropic/claude-opus-4.5").rate_at(at("2026-01-08"), 1)
    plain = book.tariff("some-gateway", "claude-opus-4-5-20251101").rate_at(at("2026-01-08"), 1)

    assert rate is not None
    assert plain is not None
    assert (rate.provider, rate.model, rate.basis) == ("anthropic", "claude-opus-4-5", "list")
    assert plain.basis == "list"


def test_provider_aliases_chain_and_may_circle(a_row: Row, at: At) -> None:
    """An alias leads on to the next; a circle ends where it began."""
    book = Book.load([a_row(provider="acme")], {"proxy": "house", "house": "acme", "a": "b", "b": "a"})

    assert book.tariff("proxy", "m1").rate_at(at("2026-01-08"), 1) is not None
    assert book.tariff("a", "m1").rate_at(at("2026-01-08"), 1) is None


def test_letter_case_makes_no_second_model(a_row: Row, at: At) -> None:
    """Rows of one model in two spellings price their ranges together, as the settings check them together."""
    small = a_row(model="GPT-X", aliases=("Big",), context_min=0, context_max=1000)
    large = a_row(model="gpt-x", aliases=("big", "Huge"), context_min=1001, input_usd="3")
    book = Book.load([small, large])

    found = [
        rate and (rate.model, rate.input)
        for name in ("GPT-X", "gpt-x", "big", "HUGE")
        for rate in (book.tariff("acme", name).rate_at(at("2026-01-08"), prompt) for prompt in (10, 2000))
    ]

    assert found == [("GPT-X", 1_000_000), ("GPT-X", 3_000_000)] * 4
    assert [own.listed("GPT-X").aliases for own in book.user_tables()] == [("Big", "Huge")]


def test_three_sellers_are_three_prices(book: Book, at: At) -> None:
    """The same model has another price at its lab, at a gateway, and at another gateway."""
    found = [
        book.tariff(seller, "gpt-5").rate_at(at("2026-04-10"), 1) for seller in ("openai", "opencode", "github-copilot")
    ]

    assert [rate and rate.input for rate in found] == [1_250_000, 1_070_000, None]


def test_a_free_model_says_free(book: Book, at: At) -> None:
    """Free is a status with a source, and its cost is zero because somebody says so."""
    rate = book.tariff("opencode", "big-pickle").rate_at(at("2026-04-10"), 1)

    assert rate is not None
    assert (rate.status, rate.input, rate.output) == ("free", 0, 0)


def test_a_free_variant_is_another_model(book: Book, at: At) -> None:
    """`:free` is a part of the id: the variant is free, the model is not, and nothing else may carry the suffix."""
    names = [name for name in snapshot.provider_table("openrouter") or () if name.endswith(":free")]
    found = [book.tariff("openrouter", name).rate_at(at("2026-11-01"), 1) for name in names]

    assert len(found) > 10
    assert {"free"} == {rate.status for rate in found if rate is not None}
    assert book.tariff("openrouter", "anthropic/claude-opus-4.5:free").rate_at(at("2026-11-01"), 1) is None
