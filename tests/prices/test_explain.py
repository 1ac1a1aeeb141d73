"""`prices explain` as data: the row, the way to it, its neighbours in time, and the reason when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from whyburn.prices.book import Book
from whyburn.prices.explain import explain, usd

if TYPE_CHECKING:
    from collections.abc import Callable

    At = Callable[[str], int]


def test_a_tier_is_explained_in_full(book: Book, at: At) -> None:
    """All decisions are in the answer: what was removed, which tier, which fees, since when, by whose word."""
    answer = explain(
        book, "claude-sonnet-4-5-20250929", "anthropic", at_ms=at("2025-12-20T00:00:00Z"), prompt_tokens=250_000
    ).as_dict()

    assert answer == {
        "model": "claude-sonnet-4-5-20250929",
        "provider": "anthropic",
        "at": "2025-12-20T00:00:00Z",
        "status": "priced",
        "matched_provider": "anthropic",
        "matched_id": "claude-sonnet-4-5",
        "match_step": "date",
        "removed": ["-20250929"],
        "basis": "provider",
        "rate": {
            "input": "6",
            "output": "22.5",
            "cache_read": "0.6",
            "cache_write_5m": "7.5",
            "cache_write_1h": "12",
        },
        "threshold": 200_000,
        "tier_applied": True,
        "factors": [],
        "fees": {"web_search_per_1000": "10"},
        "source": "https://platform.claude.com/docs/en/release-notes/overview",
        "valid_from": "2025-09-29T00:00:00Z",
        "valid_until": "2026-04-30T00:00:00Z",
        "valid_basis": "documented",
        "near": [],
    }


def test_without_a_prompt_size_the_tiers_are_listed(book: Book, at: At) -> None:
    """The base price is the answer, and what it becomes above each threshold is told beside it."""
    answer = explain(book, "gpt-5.5", "openai", at_ms=at("2026-07-01"))

    assert answer.rate is not None
    assert (answer.rate["input"], answer.tier_applied, answer.threshold) == ("5", False, 272_000)
    assert answer.tiers is not None
    assert [(tier["above"], tier["rate"]["output"]) for tier in answer.tiers] == [(272_000, "45")]


def test_the_rows_before_and_after_are_told(book: Book, at: At) -> None:
    """People see that the price was another one before the cut."""
    answer = explain(book, "gpt-5.6-luna", "openai", at_ms=at("2026-08-15"))

    assert answer.before is not None
    assert (answer.before["input"], answer.before["valid_until"]) == ("1", "2026-07-30T00:00:00Z")
    assert answer.after is None


def test_factors_say_what_is_in_the_numbers(book: Book, at: At) -> None:
    """Speed, place and time of day are named, and their prices are final."""
    fast = explain(book, "claude-opus-5", "anthropic", at_ms=at("2026-09-01"), speed="fast", geo="us")
    peak = explain(book, "deepseek-flash", "deepseek", at_ms=at("2026-10-21T03:00:00Z"))

    assert fast.factors == ("speed=fast", "geo=us")
    assert fast.rate is not None
    assert fast.rate["cache_read"] == "1.1"
    assert peak.factors == ("peak",)


def test_unpriced_has_a_reason_and_near_names_but_no_price(book: Book) -> None:
    """A name that is not listed gets up to three that are, and never their price."""
    answer = explain(book, "gpt-5.2-codex-plus", "openai")

    assert (answer.status, answer.rate, answer.matched_id) == ("unpriced", None, None)
    assert answer.reason == "openai does not list it"
    assert 1 <= len(answer.near) <= 3
    assert "gpt-5.2-codex" in answer.near


@pytest.mark.parametrize(
    ("model", "when", "speed", "reason"),
    [
        (
            "claude-opus-4-7",
            "2023-11-14",
            None,
            "no price of anthropic/claude-opus-4-7 is known before 2026-04-16T15:25:04Z",
        ),
        (
            "claude-opus-4-7",
            "2026-09-01",
            "fast",
            "no price of anthropic/claude-opus-4-7 in mode fast holds at 2026-09-01T12:00:00Z",
        ),
        ("claude-sonnet-5", "2026-09-01", "fast", "no price of anthropic/claude-sonnet-5 for speed=fast"),
    ],
)
def test_a_listed_model_without_a_row_says_why(
    book: Book, at: At, *, model: str, when: str, speed: str | None, reason: str
) -> None:
    """Too early, ended, or never sold in that mode are three reasons."""
    assert explain(book, model, "anthropic", at_ms=at(when), speed=speed).reason == reason


def test_a_single_source_is_marked(book: Book, at: At) -> None:
    """What only one list knows is shown as such, and what was never dated has no first day."""
    answer = explain(book, "anthropic/claude-opus-4.5", "openrouter", at_ms=at("2026-01-01")).as_dict()

    assert answer["single_source"] is True
    assert (answer["valid_from"], answer["valid_basis"]) == (None, "observed")


def test_user_rows_are_explained_too(a_row: Callable[..., object], at: At) -> None:
    """The file is the source, and no row of the snapshot stands beside it."""
    book = Book.load([a_row(reasoning_usd="4", file="prices/acme.toml")])  # type: ignore[list-item]

    answer = explain(book, "m1", "acme", at_ms=at("2026-01-01"))

    assert (answer.table, answer.source, answer.single_source) == ("user", "prices/acme.toml", False)
    assert answer.rate is not None
    assert answer.rate["reasoning"] == "4"


def test_neighbours_of_a_user_row_are_for_the_same_prompts(a_row: Callable[..., object], at: At) -> None:
    """Another prompt range is no later price, and the order of the file is not the order in time."""
    change = at("2026-06-01")
    rows = [
        a_row(input_usd="2", context_min=0, context_max=100, valid_from_ms=change),
        a_row(input_usd="9", context_min=101, valid_from_ms=change),
        a_row(input_usd="8", context_min=101, valid_until_ms=change),
        a_row(input_usd="1", context_min=0, context_max=100, valid_until_ms=change),
    ]
    book = Book.load(rows)  # type: ignore[arg-type]

    old, new = (explain(book, "m1", "acme", at_ms=at(when)) for when in ("2026-01-01", "2026-07-01"))

    assert old.after is not None
    assert new.before is not None
    assert (old.before, old.after["input"], new.before["input"], new.after) == (None, "2", "1", None)


@pytest.mark.parametrize(
    ("pico", "text"), [(0, "0"), (5_000_000, "5"), (3_625, "0.003625"), (22_500_000, "22.5"), (1, "0.000001")]
)
def test_amounts_are_exact_decimals(pico: int, text: str) -> None:
    """No float and no exponent stands between a price and a person."""
    assert usd(pico, 1_000_000) == text
