"""LiteLLM's price file as rows of the user's own tables."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from whyburn.errors import SourceError
from whyburn.prices.litellm import read_litellm, render_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAMPLE: dict[str, Any] = {
    "sample_spec": {"litellm_provider": "one of …"},
    "gemini/gemini-2.5-pro": {
        "litellm_provider": "gemini",
        "input_cost_per_token": 1.25e-06,
        "output_cost_per_token": 1e-05,
        "cache_read_input_token_cost": 1.25e-07,
        "input_cost_per_token_above_200k_tokens": 2.5e-06,
        "output_cost_per_token_above_200k_tokens": 1.5e-05,
        "cache_read_input_token_cost_above_200k_tokens": 2.5e-07,
    },
    "claude-x": {
        "litellm_provider": "anthropic",
        "input_cost_per_token": 2.9999999999999997e-06,
        "output_cost_per_token": 1.5e-05,
        "cache_creation_input_token_cost": 3.75e-06,
        "cache_creation_input_token_cost_above_1hr": 6e-06,
        "search_context_cost_per_query": {"search_context_size_medium": 0.01},
    },
    "dall-e": {"litellm_provider": "openai", "input_cost_per_pixel": 1e-8},
    "odd": {"litellm_provider": "openai", "input_cost_per_token": "free", "output_cost_per_token": 1},
    "nobody": {"input_cost_per_token": 1},
    "text": "x",
}


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[Any], str]:
    """Write something as a price file."""

    def write(body: Any) -> str:
        path = tmp_path / "prices.json"
        path.write_text(body if isinstance(body, str) else json.dumps(body))
        return str(path)

    return write


def test_tiers_become_rows_with_prompt_ranges(saved: Callable[[Any], str]) -> None:
    """The step above 200K is a row of its own, and the two ranges join at the threshold."""
    rows, _ = read_litellm(saved(SAMPLE))

    tiers = [row for row in rows if row.provider == "google"]
    assert [(row.model, row.input_usd, row.context_min, row.context_max) for row in tiers] == [
        ("gemini-2.5-pro", Decimal("1.25"), 0, 200_000),
        ("gemini-2.5-pro", Decimal("2.5"), 200_001, None),
    ]


def test_float_dust_is_wiped_off(saved: Callable[[Any], str]) -> None:
    """A price that is three dollars in all but the last digit is three dollars."""
    rows, _ = read_litellm(saved(SAMPLE))

    row = next(row for row in rows if row.provider == "anthropic")
    assert (row.input_usd, row.cache_write_1h_usd, row.web_search_usd_per_1k) == (Decimal(3), Decimal(6), Decimal(10))


def test_unusable_entries_are_told_with_a_reason(saved: Callable[[Any], str]) -> None:
    """One bad entry costs one entry."""
    rows, problems = read_litellm(saved(SAMPLE))

    assert len(rows) == 3
    assert {problem.entry: problem.reason for problem in problems} == {
        "dall-e": "no prices for input and output tokens",
        "odd": "input_cost_per_token is not a number",
        "nobody": "no litellm_provider",
        "text": "not an object",
    }


def test_a_second_spelling_of_a_model_is_told(saved: Callable[[Any], str]) -> None:
    """`gemini/x` and `x` of one provider are one row; the second is a problem and not a silent choice."""
    entry = {"litellm_provider": "gemini", "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}

    rows, problems = read_litellm(saved({"gemini/x": entry, "x": entry}))

    assert (len(rows), [problem.reason for problem in problems]) == (1, ["a second price for google/x"])


def test_the_text_is_toml_that_says_the_same(saved: Callable[[Any], str]) -> None:
    """What is written can be read back, amounts exact and hostile names quoted."""
    body = SAMPLE | {'openai/a"b\n': SAMPLE["claude-x"] | {"litellm_provider": "openai"}}
    rows, _ = read_litellm(saved(body))

    read = tomllib.loads(render_toml(rows, {"generated_by": "whyburn"}), parse_float=Decimal)

    assert read["metadata"] == {"generated_by": "whyburn"}
    assert [(row.model, row.input_usd) for row in rows] == [
        (row["model"], row["input_usd_per_1m"]) for row in read["pricing"]["virtual"]
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("true", "number"),
        ("NaN", "number"),
        ("-Infinity", "number"),
        ('"NaN"', "number"),
        ('"sNaN"', "number"),
        ("[1]", "number"),
        ("1e99999999999999999999", "number"),
        ("1e40", "price"),
        ("1e999999", "price"),
        ("1.000001", "price"),
        ("-1e-6", "price"),
    ],
)
@pytest.mark.parametrize("key", ["output_cost_per_token", "search_context_size_medium"])
def test_a_number_beyond_sense_costs_its_entry(saved: Callable[[Any], str], key: str, value: str, reason: str) -> None:
    """What is no price for the loader is one skipped entry with a reason, and the entry beside it is used."""
    good = '{"litellm_provider": "p", "input_cost_per_token": 1e-6, "output_cost_per_token": 1}'
    if key == "output_cost_per_token":
        bad = good.replace('token": 1}', f'token": {value}}}')
    else:
        value = value.replace("1.000001", "1000.001")
        bad = good.replace("}", f', "search_context_cost_per_query": {{"{key}": {value}}}}}')

    rows, problems = read_litellm(saved(f'{{"bad": {bad}, "good": {good}}}'))

    assert [row.model for row in rows] == ["good"]
    assert [(problem.entry, problem.reason) for problem in problems] == [("bad", f"{key} is not a {reason}")]


@pytest.mark.parametrize("body", ["not json", "[1]"])
def test_a_file_of_another_kind_is_one_sentence(saved: Callable[[Any], str], body: str) -> None:
    """A wrong file is an error that names it."""
    with pytest.raises(SourceError, match=r"prices\.json"):
        read_litellm(saved(body))


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    """So is no file."""
    with pytest.raises(SourceError, match="cannot read"):
        read_litellm(str(tmp_path / "none.json"))
