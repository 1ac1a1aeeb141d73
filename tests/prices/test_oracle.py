"""The other list as an oracle: where a row is its, both must come to the same cent for any usage."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyburn.prices import snapshot
from whyburn.prices.book import Book

genai_prices = pytest.importorskip("genai_prices", reason="the oracle is not installed (extra `prices`)")
data = pytest.importorskip("genai_prices.data")

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp()) * 1000
THEIRS = {"xai": "x-ai", "amazon-bedrock": "aws"}
BOOK = Book.load()


def comparable() -> list[tuple[str, str]]:
    """Models whose price of today is the list's, uncorrected and without peak hours."""
    found = []
    for provider in ("anthropic", "openai", "google", "xai", "zai", "github-copilot", "openrouter", "groq"):
        table = snapshot.provider_table(provider)
        assert table is not None
        for model in table:
            rate = BOOK.tariff(provider, model).rate_at(NOW_MS, 1)
            if rate is None or not rate.origin.startswith("genai-prices") or not known(provider, model):
                continue
            if rate.cache_read is None or "cache_read_mtok" in priced_by_them(provider, model):
                found.append((provider, model))
    return found


def priced_by_them(provider: str, model: str) -> set[str]:
    """What the list has a price for; where it lacks one for cache reads, the snapshot may have the other list's."""
    theirs = next(one for one in data.providers if one.id == THEIRS.get(provider, provider))
    entry = next(one for one in theirs.models if one.id == model)
    return {key for key, value in vars(entry.get_prices(NOW)).items() if value is not None}


def known(provider: str, model: str) -> bool:
    """The list holds this very id, so that its matcher does not hand out another model's row."""
    theirs = next(one for one in data.providers if one.id == THEIRS.get(provider, provider))
    entry = next((one for one in theirs.models if one.id == model), None)
    prices = {} if entry is None else vars(entry.get_prices(NOW))
    priced = {key for key, value in prices.items() if value is not None}
    if any(isinstance(value, Decimal) and value * 10**6 % 1 for value in prices.values()):
        return False  # float dust, rounded to a whole pico-dollar by the generator
    plain = {
        "input_mtok",
        "output_mtok",
        "cache_read_mtok",
        "cache_write_mtok",
        "cache_write_1h_mtok",
        "web_searches_kcount",
    }
    first = next((one for one in theirs.models if one.is_match(model)), None)
    return first is entry and bool(priced) and priced <= plain | {"storage_searches_kcount"}


MODELS = comparable()


def test_there_is_something_to_compare() -> None:
    """The oracle covers hundreds of models."""
    assert len(MODELS) > 300


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(MODELS),
    st.integers(0, 400_000),
    st.integers(0, 200_000),
    st.integers(0, 100_000),
    st.integers(0, 50_000),
)
def test_costs_equal_the_list(pair: tuple[str, str], fresh: int, read: int, write: int, output: int) -> None:
    """On random usage the bill is the oracle's, to the pico-dollar."""
    rate = BOOK.tariff(*pair).rate_at(NOW_MS, fresh + read + write)
    assert rate is not None

    assert theirs(*pair, fresh=fresh, read=read, write=write, output=output) == rate.cost(
        input=fresh, output=output, reasoning=0, cache_read=read, write_5m=write, write_1h=0, write_other=0, searches=0
    )


def theirs(provider: str, model: str, *, fresh: int, read: int, write: int, output: int) -> Decimal:
    usage = genai_prices.Usage(
        input_tokens=fresh + read + write, cache_read_tokens=read, cache_write_tokens=write, output_tokens=output
    )
    calculated = genai_prices.calc_price(
        usage, model_ref=model, provider_id=THEIRS.get(provider, provider), genai_request_timestamp=NOW
    )
    total: Decimal = calculated.total_price
    return total * 10**12
