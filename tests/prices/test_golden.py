"""Golden prices: ids as logs write them, on days that matter, each with the document that says so.

To add one, add a `[[case]]` to `golden.toml`; a case that a new snapshot changes must be read against its document.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from whyburn.prices.explain import prices_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.prices.book import Book

CASES = tomllib.loads((Path(__file__).parent / "golden.toml").read_text())["case"]


def test_there_are_enough_golden_cases() -> None:
    """The list is not allowed to shrink below thirty, and every case names a document."""
    assert len(CASES) >= 30
    assert all(case["document"] for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['provider']}/{case['model']}@{case['at']}")
def test_golden_price(book: Book, at: Callable[[str], int], case: dict[str, Any]) -> None:
    """The row, the way to it and its prices are what the document says."""
    mods = {key: case[key] for key in ("speed", "service_tier", "geo") if key in case}

    rate = book.tariff(case["provider"], case["model"], **mods).rate_at(at(case["at"]), case.get("tokens", 1000))

    if case.get("unpriced"):
        assert rate is None
        return
    assert rate is not None
    assert (case["id"], case["step"]) == (rate.model, rate.match_step)
    assert case["prices"] == " ".join(price or "-" for price in prices_of(rate).values())
    assert rate.origin
