"""Prices that are given for one report: read exactly, refused in one line, matched by name and never by guess."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyburn.errors import SettingsError
from whyburn.prices.overrides import PriceConfig, load_price_config

if TYPE_CHECKING:
    from pathlib import Path

    from whyburn.prices.rate import Rate

FLAT = {"input_price_per_mtok": 2, "output_price_per_mtok": 8}
USAGE = {"reasoning": 0, "write_1h": 0, "write_other": 0, "searches": 0}


@pytest.fixture
def saved(tmp_path: Path) -> Any:
    """Write a price file; what was read of it."""

    def load(content: object) -> PriceConfig:
        path = tmp_path / "prices.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return load_price_config(str(path))

    return load


def rate_of(config: PriceConfig, model: str, source: str | None = None) -> Rate:
    """The rate of a model, which there must be."""
    found = config.rate(model, source=source)
    assert found is not None
    return found


def test_amounts_are_exact(saved: Any) -> None:
    """Decimals, numbers in quotes and whole numbers become whole pico-dollars per token; no float is involved."""
    rate = rate_of(
        saved('{"input_price_per_mtok": 0.1, "cached_input_price_per_mtok": "0.0028", "output_price_per_mtok": 3}'), "m"
    )

    assert (rate.input, rate.cache_read, rate.output) == (100_000, 2_800, 3_000_000)


@given(st.integers(0, 10**12))
def test_every_amount_that_a_pico_dollar_can_hold_is_kept(pico: int) -> None:
    """An amount with up to six decimals is read as it is written."""
    text = f"{pico // 10**6}.{pico % 10**6:06}"
    config = PriceConfig.from_flags({"input_price_per_mtok": text, "output_price_per_mtok": "1"})

    assert config is not None
    assert rate_of(config, "m").input == pico


def test_a_class_without_a_price_is_billed_as_in_every_table(saved: Any) -> None:
    """Cache reads and writes without a price of their own cost what input costs."""
    rate = rate_of(saved(FLAT), "m")

    assert rate.cost(input=1, output=1, cache_read=1, write_5m=1, **USAGE) == 2_000_000 * 3 + 8_000_000


def test_sources_have_their_own_prices(saved: Any) -> None:
    """`codex` and `claude` are told apart by the source, else by the lab that lists the model; others have no price."""
    config = saved({"codex": FLAT, "claude": {"input_price_per_mtok": 3, "output_price_per_mtok": 15}})

    assert rate_of(config, "anything", "codex").input == 2_000_000
    assert rate_of(config, "claude-opus-4-5-20251101").input == 3_000_000
    assert rate_of(config, "gpt-5").input == 2_000_000
    assert not config.covers("some-model-of-nobody")


def test_the_most_exact_model_name_wins(saved: Any) -> None:
    """A complete id wins over a pattern, a longer pattern over a shorter one, any of them over the source's prices."""
    models = {
        name: {"input_price_per_mtok": n, "output_price_per_mtok": n} for n, name in enumerate(["*", "m-*", "m-1"], 1)
    }
    config = saved({**FLAT, "models": models})

    found = [rate_of(config, name).input // 10**6 for name in ("M-1", "m-12", "x")]
    assert found == [3, 2, 1]


def test_a_name_is_no_prefix(saved: Any) -> None:
    """A model whose name only begins like a listed one has no price."""
    config = saved({"models": {"m-1": FLAT}})

    assert config.rate("m-1") is not None
    assert config.rate("m-1-mini") is None


def test_options_win_over_the_file(saved: Any) -> None:
    """An option replaces its amount everywhere in the file; the header names both."""
    config = PriceConfig.from_flags({"output_price_per_mtok": "9", "input_price_per_mtok": None}, over=saved(FLAT))

    assert config is not None
    assert (rate_of(config, "m").input, rate_of(config, "m").output) == (2_000_000, 9_000_000)
    assert config.origin.startswith("price options, then ")
    assert config.origin.endswith("prices.json")


def test_without_options_the_file_stands() -> None:
    """Options that were not given change nothing, and without a file there are no prices."""
    assert PriceConfig.from_flags({"input_price_per_mtok": None}) is None


def test_zero_switches_pricing_off(saved: Any) -> None:
    """Amounts that are all zero decide that there is no price; the price book is not asked either."""
    config = saved({"input_price_per_mtok": 0, "output_price_per_mtok": "0.0"})

    assert config.off
    assert config.covers("gpt-5")
    assert config.rate("gpt-5") is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", ":1: is not JSON"),
        ("[]", "the file is not an object"),
        ("{}", "holds no prices"),
        ('{"input_price_per_mtok": 1}', "output_price_per_mtok is missing"),
        ('{"codex": {"input_price_per_mtok": 1, "output_price_per_mtok": -1}}', "codex.output_price_per_mtok is not"),
        ('{"codex": 3}', "codex is not an object"),
        ('{"input_price_per_mtok": "cheap", "output_price_per_mtok": 1}', "input_price_per_mtok is not a price"),
        ('{"input_price_per_mtok": true, "output_price_per_mtok": 1}', "input_price_per_mtok is not a price"),
        ('{"input_price_per_mtok": NaN, "output_price_per_mtok": 1}', "input_price_per_mtok is not a price"),
        ('{"input_price_per_mtok": 1e999999999, "output_price_per_mtok": 1}', "input_price_per_mtok is not between"),
        ('{"input_price_per_mtok": 0.0000001, "output_price_per_mtok": 1}', "finer than"),
        ('{"input_price": 1}', "input_price is no price"),
        ('{"models": {"m": {"output_price_per_mtok": 1}}}', "models.m.input_price_per_mtok is missing"),
        ('{"cache_read_price_per_mtok": 1, "cached_input_price_per_mtok": 2}', "contradicts"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_line_with_its_place(saved: Any, content: str, message: str) -> None:
    """What cannot be used is an error that names the file and the key."""
    with pytest.raises(SettingsError) as error:
        saved(content)

    assert message in str(error.value)
    assert "prices.json" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_an_error() -> None:
    """A file that is not there is said so."""
    with pytest.raises(SettingsError, match=r"nowhere\.json cannot be read"):
        load_price_config("nowhere.json")


def test_one_option_alone_says_too_little() -> None:
    """Options without a file must price input and output."""
    with pytest.raises(SettingsError, match="--input-price-per-mtok is needed"):
        PriceConfig.from_flags({"output_price_per_mtok": "1"})


def test_notes_are_not_prices(saved: Any) -> None:
    """Names that begin with _ are notes."""
    assert rate_of(saved({"_note": "demo", **FLAT}), "m").output == 8_000_000
