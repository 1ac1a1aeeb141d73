"""`prices list` as data: filters, sort keys, and what a class without a price is billed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from whyburn.prices.book import Book
from whyburn.prices.filters import SORTS, PriceFilters, Sort
from whyburn.prices.listing import list_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.settings.price_rows import PriceRow


@pytest.fixture(scope="module")
def shelf(a_row: Callable[..., PriceRow]) -> Book:
    """Three rows of the user's above the snapshot."""
    return Book.load(
        [
            a_row(model="m1", aliases=("First",), category="Lightweight", release_status="GA"),
            a_row(model="m2", input_usd="10", cached_input_usd="0.5", category="powerful"),
            a_row(model="m3", table="actual", input_usd="2", context_min=0, context_max=100),
        ]
    )


def test_raw_and_effective_amounts_stand_side_by_side(shelf: Book) -> None:
    """A missing cache-write price is the input price, missing reasoning the output price; both are shown."""
    (row,) = list_rows(shelf, PriceFilters(table="virtual", model="first"))

    body = row.as_dict()
    assert (body["cache_write"], body["effective_cache_write"], body["effective_reasoning"]) == (None, "1", "2")
    assert body["source"] == "prices.toml"


@pytest.mark.parametrize(
    ("filters", "models"),
    [
        ({"table": "virtual"}, ["m1", "m2"]),
        ({"table": "actual"}, ["m3"]),
        ({"table": "all", "provider": "ACME"}, ["m3", "m1", "m2"]),
        ({"table": "virtual", "category": "POWERFUL"}, ["m2"]),
        ({"table": "virtual", "release_status": "ga"}, ["m1"]),
        ({"table": "virtual", "query": "irst"}, ["m1"]),
        ({"table": "virtual", "provider": "nobody"}, []),
    ],
)
def test_filters_combine(shelf: Book, filters: dict[str, str], models: list[str]) -> None:
    """Every filter narrows, whatever the table."""
    assert sorted(models) == sorted(row.model for row in list_rows(shelf, PriceFilters(**filters)))  # type: ignore[arg-type]


@pytest.mark.parametrize("key", SORTS)
def test_every_sort_key_sorts(shelf: Book, key: Sort) -> None:
    """All keys of the command are known and give every row once."""
    assert len(list_rows(shelf, PriceFilters(table="virtual", sort=key))) == 2


def test_amounts_sort_by_value_and_not_by_letters(shelf: Book) -> None:
    """$10 comes after $2."""
    rows = list_rows(shelf, PriceFilters(provider="acme", sort="input"))

    assert [row.input for row in rows] == ["1", "2", "10"]


def test_the_snapshot_lists_modes_tiers_and_history(book: Book) -> None:
    """A model's row of each mode, tier and period is there."""
    luna = PriceFilters(table="snapshot", provider="openai", model="gpt-5.6-luna")
    rows = list_rows(book, luna)

    assert {"", "batch", "flex", "priority"} == {row.mode for row in rows}
    assert {None, 272_000} == {row.context_above for row in rows}
    assert {None, "2026-07-30T00:00:00Z"} == {row.valid_until for row in rows}


def test_the_whole_snapshot_can_be_listed(book: Book) -> None:
    """Thousands of rows, each with the fields of the JSON form."""
    rows = list_rows(book, PriceFilters(table="snapshot"))

    assert len(rows) > 2000
    assert {"effective_cached_input", "mode", "valid_from", "single_source"} <= rows[0].as_dict().keys()
