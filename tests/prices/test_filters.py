"""Filters and orders of price rows, whatever table a row stands in."""

from __future__ import annotations

from typing import Any

import pytest

from whyburn.prices.filters import SORTS, PriceFilters, Sort, Traits, fits, sort_key


def a_row(**changed: Any) -> Traits:
    """A row of the ledger: named otherwise by the log than by the price that was found."""
    row = Traits(
        "snapshot", ("Vertex_AI", "google"), ("models/Omega@1", "omega-1", "omega-latest"), "Coding", "preview",
        ("codex", None), {"input": "2", "effective_cached_input": "0.5"},
    )  # fmt: skip
    return row._replace(**changed)


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"table": "all"}, {"table": "snapshot"}, {"provider": " Google "}, {"provider": "vertex_ai"},
        {"provider": "vertex-ai"}, {"model": "OMEGA-LATEST"}, {"model": "models/omega@1"}, {"query": "Dex"},
        {"query": "omega@"}, {"category": " coding"}, {"release_status": "PREVIEW"},
        {"provider": "google", "model": "omega-1"},
    ],
)  # fmt: skip
def test_a_row_is_found_by_each_of_its_names(asked: dict[str, Any]) -> None:
    """The log's and the price's, in any letters; a text search looks at all words."""
    assert fits(a_row(), PriceFilters(**asked))


@pytest.mark.parametrize(
    "asked",
    [
        {"table": "actual"}, {"provider": "openai"}, {"model": "omega"}, {"query": "claude"}, {"category": "cod"},
        {"release_status": "ga"}, {"provider": "google", "model": "omega-2"},
    ],
)  # fmt: skip
def test_every_filter_that_is_set_must_fit(asked: dict[str, Any]) -> None:
    """A name is matched whole, and one filter that does not fit is enough."""
    assert not fits(a_row(), PriceFilters(**asked))


@pytest.mark.parametrize(
    ("sort", "first", "second"),
    [
        ("input", {"amounts": {"input": "2"}}, {"amounts": {"input": "10"}}),
        ("input", {"amounts": {"input": "0.05"}}, {"amounts": {"input": "0.5"}}),
        ("cached", {}, {"amounts": None}),
        ("category", {}, {"category": None}),
        ("release", {"release_status": "ga"}, {}),
        ("provider", {"models": ("a",)}, {"models": ("b",)}),
        ("model", {"models": ("a",)}, {"models": ("b",), "providers": ("A",)}),
        ("provider", {"place": (-1,)}, {"place": (200_000,)}),
    ],
)
def test_rows_are_ordered(sort: Sort, first: dict[str, Any], second: dict[str, Any]) -> None:
    """By value and not by letters; rows that lack the value come last, and ties are settled."""
    assert sort_key(a_row(**first), sort) < sort_key(a_row(**second), sort)


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_compares_rows_with_and_without_a_price(sort: Sort) -> None:
    """No order stumbles over what is unknown."""
    amounts = dict.fromkeys(
        ("input", "output", "effective_cached_input", "effective_cache_write", "effective_reasoning"), "1.5"
    )
    rows = [a_row(amounts=amounts), a_row(amounts=None, category=None, release_status=None)]

    assert len(sorted(sort_key(row, sort) for row in rows)) == 2
