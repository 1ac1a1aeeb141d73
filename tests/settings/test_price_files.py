"""Price rows: each good row counts, each bad or contradicting one is named with all places that matter."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyburn.settings.document import parse
from whyburn.settings.price_files import price_rows

if TYPE_CHECKING:
    from settings.homes import Home
    from whyburn.settings.schema import Settings


def a_row(table: str = "virtual", **changes: str | None) -> str:
    """The text of a price row; values as TOML, None leaves a key out."""
    values = {
        "provider": '"openai"',
        "model": '"gpt-5.4"',
        "input_usd_per_1m": "2.5",
        "output_usd_per_1m": "15",
        **changes,
    }
    lines = [f"{key} = {value}" for key, value in values.items() if value is not None]
    return "\n".join([f"[[pricing.{table}]]", *lines, ""])


def models(found: Settings) -> list[str]:
    """The models that have a price, in order."""
    return [row.model for row in found.price_rows]


def test_every_key(home: Home) -> None:
    """All keys of a row arrive, amounts exactly as written."""
    text = a_row(
        "actual",
        aliases='["gpt", "gpt-latest"]',
        cached_input_usd_per_1m="0.0028",
        cache_write_usd_per_1m="3",
        cache_write_1h_usd_per_1m="5.0",
        reasoning_usd_per_1m="16",
        web_search_usd_per_1k="10",
        category='"coding"',
        release_status='"ga"',
        context_min_tokens="0",
        context_max_tokens="272_000",
        context_basis='"prompt_like"',
        valid_from="2026-01-01",
        valid_until='"2026-07-01T12:00:00+02:00"',
    )
    found = home.write("prices.toml", "[metadata]\nanything = 1\n" + text).load()
    (row,) = found.price_rows

    assert found.problems == ()
    assert (row.table, row.provider, row.model, row.aliases) == ("actual", "openai", "gpt-5.4", ("gpt", "gpt-latest"))
    assert [Decimal("2.5"), Decimal(15), Decimal("0.0028")] == [row.input_usd, row.output_usd, row.cached_input_usd]
    assert [
        row.cache_write_usd,
        row.cache_write_1h_usd,
        row.reasoning_usd,
        row.web_search_usd_per_1k,
    ] == [3, 5, 16, 10]
    assert (row.category, row.release_status, row.context_min, row.context_max) == ("coding", "ga", 0, 272_000)
    assert (row.valid_from_ms, row.valid_until_ms) == (1_767_225_600_000, 1_782_900_000_000)
    assert home.path("prices.toml") == row.file


@pytest.mark.parametrize("table", ["virtual", "actual"])
def test_keys_without_effect(home: Home, table: str) -> None:
    """What no price depends on is said once per key by `config validate` and never by a report; the rows are used."""
    row = a_row(table, context_label='"short"', cached_output_usd_per_1m="1", valid_until="2026-06-01")
    found = home.write("prices.toml", row + row.replace("valid_until", "valid_from")).load()

    assert (len(found.price_rows), found.errors) == (2, ())
    assert [(problem.key, problem.line, problem.level) for problem in found.problems] == [
        (f"pricing.{table}.context_label", 6, "unsupported"),
        (f"pricing.{table}.cached_output_usd_per_1m", 7, "unsupported"),
    ]


def test_lines_are_looked_up_for_problems_only() -> None:
    """Rows without a fault are loaded without finding out where each of them is."""
    good, bad = (parse(text, "prices.toml") for text in (a_row(), a_row() + a_row()))
    for document in (good, bad):
        price_rows([document], manual="prices.toml")

    assert ("_index" in vars(good), "_index" in vars(bad)) == (False, True)
    assert "also at line 1" in str(bad.problems[0])


@pytest.mark.parametrize(
    "written",
    [
        "2026-07-01",
        "2026-07-01T00:00:00",
        "2026-07-01 00:00:00",
        "2026-07-01T02:00:00+02:00",
        '"2026-07-01"',
        '"2026-06-30T22:00:00-02:00"',
    ],
)
def test_a_date_in_every_form(home: Home, written: str) -> None:
    """TOML dates, times and texts are one instant; without an offset they are UTC."""
    (row,) = home.write("prices.toml", a_row(valid_from=written)).load().price_rows

    assert row.valid_from_ms == 1_782_864_000_000


def test_absent_amounts_are_unknown(home: Home) -> None:
    """What a row does not say is None and not zero."""
    (row,) = home.write("prices.toml", a_row()).load().price_rows

    assert {None} == {row.cached_input_usd, row.cache_write_usd, row.reasoning_usd, row.valid_from_ms, row.context_min}


def test_screen_of_a_decimal_comma(home: Home) -> None:
    """The message is the one of the screens, and all other rows are used."""
    text = a_row() + a_row(model='"b"', input_usd_per_1m='"3,5"') + a_row(model='"c"')
    found = home.write("prices.toml", text).load()

    (problem,) = found.problems
    expected = (
        f'{home.path("prices.toml")}:9: input_usd_per_1m is "3,5" — write 3.5; this row is ignored, all others are used'
    )

    assert expected == str(problem)
    assert models(found) == ["gpt-5.4", "c"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"input_usd_per_1m": None}, "input_usd_per_1m missing"),
        ({"provider": None, "model": None}, "provider and model missing"),
        ({"input_usd_per_1m": "-1"}, "from 0 to"),
        ({"input_usd_per_1m": "nan"}, "an amount in dollars"),
        ({"input_usd_per_1m": "inf"}, "an amount in dollars"),
        ({"input_usd_per_1m": "1e30"}, "from 0 to"),
        ({"input_usd_per_1m": "true"}, "an amount in dollars"),
        ({"input_usd_per_1m": '"$1,250.5"'}, "a number without quotes"),
        ({"input_usd_per_1m": '"$2"'}, "write 2;"),
        ({"input_usd_per_1m": '"free"'}, "a number without quotes"),
        ({"model": '""'}, "a text on one line"),
        ({"aliases": '"x"'}, "write a list"),
        ({"context_min_tokens": "1.5"}, "a number of tokens"),
        ({"context_min_tokens": "9", "context_max_tokens": "8"}, "is above"),
        ({"context_basis": '"sum"'}, "prompt_like"),
        ({"valid_from": '"soon"'}, "a date such as"),
        ({"valid_from": "07:30:00"}, "a date such as"),
        ({"valid_from": "0001-01-01T00:00:00+14:00"}, "a date such as"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-02-01"}, "not before"),
        ({"inputs_usd_per_1m": "1"}, "did you mean input_usd_per_1m?"),
    ],
)
def test_bad_row(home: Home, changes: dict[str, str | None], words: str) -> None:
    """A bad value costs its row (an unknown key only itself); the good row beside it is used."""
    found = home.write("prices.toml", a_row(model='"good"') + a_row(**changes)).load()

    assert [words] == [words for problem in found.problems if words in problem.message]
    assert len(found.price_rows) == (2 if "inputs_usd_per_1m" in changes else 1)


def test_dear_cache_is_a_warning(home: Home) -> None:
    """Cached input dearer than fresh input is odd and used."""
    found = home.write("prices.toml", a_row(cached_input_usd_per_1m="3")).load()

    assert [problem.level for problem in found.problems] == ["warning"]
    assert len(found.price_rows) == 1


def test_manual_row_wins(home: Home) -> None:
    """The person's row replaces the generated one for the same model and range without a word."""
    home.write("prices/openai.toml", a_row() + a_row(model='"other"'))
    found = home.write("prices.toml", a_row(model='"GPT-5.4"', input_usd_per_1m="9")).load()

    assert found.problems == ()
    assert [("GPT-5.4", 9), ("other", Decimal("2.5"))] == [(row.model, row.input_usd) for row in found.price_rows]


def test_generated_rows_that_contradict(home: Home) -> None:
    """Two generated files with different prices for a model are named both; the first by name is used."""
    home.write("prices/a.toml", "\n" + a_row())
    found = home.write("prices/b.toml", a_row(input_usd_per_1m="3")).load()
    (problem,) = found.problems

    assert "openai/gpt-5.4 is priced twice, also at a.toml line 2" in problem.message
    assert (home.path("prices/b.toml"), 1) == (problem.file, problem.line)
    assert [Decimal("2.5")] == [row.input_usd for row in found.price_rows]


def test_generated_rows_that_agree(home: Home) -> None:
    """The same row in two generated files is one row and no problem."""
    found = home.write("prices/a.toml", a_row()).write("prices/b.toml", a_row(output_usd_per_1m="15.0")).load()

    assert (found.problems, len(found.price_rows)) == ((), 1)


def test_overlapping_ranges(home: Home) -> None:
    """Ranges that overlap are a problem; those that touch, and one row without a range, are not."""
    good = a_row(context_max_tokens="272000") + a_row(context_min_tokens="272001") + a_row()
    bad = a_row(context_min_tokens="100", context_max_tokens="300000")
    sound = home.write("prices.toml", good).load()
    found = home.write("prices.toml", good + bad).load()

    assert (sound.problems, len(sound.price_rows)) == ((), 3)
    assert [problem.message.partition(";")[0] for problem in found.problems] == [
        "openai/gpt-5.4 has overlapping context ranges, also at line 1"
    ]


def test_prices_of_different_times(home: Home) -> None:
    """A model may have one row before a date and another one from then on."""
    text = a_row(valid_until="2026-06-01") + a_row(valid_from="2026-06-01", input_usd_per_1m="2")
    found = home.write("prices.toml", text).load()

    assert (found.problems, len(found.price_rows)) == ((), 2)


def test_alias_of_two_models(home: Home) -> None:
    """An alias stays with the first model; the second keeps its row without it. Tiers and other providers may share."""
    first = a_row(aliases='["x"]', context_max_tokens="9") + a_row(aliases='["x"]', context_min_tokens="10")
    elsewhere = a_row(provider='"azure"', model='"m"', aliases='["x"]')
    second = a_row(model='"b"', aliases='["y", "X"]')
    found = home.write("prices.toml", first + elsewhere + second).load()
    (problem,) = found.problems

    assert 'alias "X" of openai/b already means gpt-5.4 at line 1' in problem.message
    assert [row.aliases for row in found.price_rows] == [("x",), ("x",), ("x",), ("y",)]


@given(st.decimals(0, 999_999, places=6))
def test_amounts_are_exact(amount: Decimal) -> None:
    """An amount is the decimal that was written, to the last digit."""
    document = parse(a_row(input_usd_per_1m=f"{amount:f}"), "prices.toml")
    (row,) = price_rows([document], manual="prices.toml")

    assert amount == row.input_usd
