"""Single values: what people read is right to its last digit, and nothing from a log can harm a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyburn.views import words

DOLLAR = 10**12


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (None, "—"), (0, "0"), (999, "999"), (1000, "1.0k"), (412_100, "412.1k"), (999_949, "999.9k"),
        (999_951, "1.00M"), (21_640_000, "21.64M"), (999_994_999, "999.99M"),
        (999_996_000, "1.00B"), (3_020_000_000, "3.02B"),
    ],
)  # fmt: skip
def test_tokens(number: int | None, said: str) -> None:
    """Four or five characters, never "1000.0k"."""
    assert said == words.tokens(number)


@pytest.mark.parametrize(
    ("pico", "said"),
    [
        (None, "—"), (0, "$0.00"), (1, "<$0.01"), (4_200_000_000, "<$0.01"), (DOLLAR // 100, "$0.01"),
        (42 * DOLLAR // 1000, "$0.04"), (DOLLAR // 8, "$0.13"), (14_200_000_000_000, "$14.20"),
        (9007 * DOLLAR, "$9,007.00"), (-DOLLAR // 2, "-$0.50"),
    ],
)  # fmt: skip
def test_money(pico: int | None, said: str) -> None:
    """To the cent; unknown is not zero, and something is not nothing."""
    assert said == words.money(pico)


@given(st.integers(min_value=1, max_value=10**18))
def test_money_that_exists_is_never_shown_as_nothing(pico: int) -> None:
    """For all amounts above zero."""
    assert words.money(pico) != "$0.00"


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (None, "—"),
        (0, "0 ms"),
        (12_345, "12 s"),
        (41 * 60_000, "41 m"),
        (130 * 60_000, "2 h 10"),
        (76 * 3_600_000, "3 d 4 h"),
    ],
)
def test_duration(ms: int | None, said: str) -> None:
    """Two units at most."""
    assert said == words.duration(ms)


def test_ago_survives_a_clock_that_went_back() -> None:
    """The future is "just now"."""
    assert words.ago(10_000, 12_500) == "2 s ago"
    assert words.ago(20_000, 12_500) == "just now"
    assert words.ago(0, 3 * 86_400_000) == "3 d ago"


def test_percent_is_whole_only_for_all_of_it() -> None:
    """999 of 1000 is 99 %, one of 1000 is not nothing."""
    shares = ((999, 1000), (1, 1000), (0, 5), (5, 5), (1, 0))

    assert [words.percent(part, whole) for part, whole in shares] == ["99%", "<1%", "0%", "100%", "—"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain", "plain"), ("a\x1b[31mred\x1b[0m", "ared"), ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://e\x1b\\link", "link"),
        ("\x9b2Jwiped", "wiped"),
        ("a\r\n\tb", "a b"), ("\u202egnp.exe", "gnp.exe"), ("a\u200bb\ufeffc", "abc"),
        ("\ud800", ""), ("漢字", "漢字"), ("a\u2028b", "a b"), ("\x1bPq#0\x1b\\ok", "ok"),
    ],
)  # fmt: skip
def test_clean(text: str, said: str) -> None:
    """Escape sequences go whole, line ends become blanks, invisible and direction characters vanish."""
    assert said == words.clean(text)


@given(st.text())
def test_clean_leaves_one_printable_line(text: str) -> None:
    """For all texts; and cleaning twice changes nothing more."""
    shown = words.clean(text)

    assert shown.isprintable()
    assert words.clean(shown) == shown


@given(st.text(), st.integers(min_value=0, max_value=40))
def test_shortened_texts_fit(text: str, width: int) -> None:
    """For all texts and widths, counted in columns: CJK takes two."""
    shown = words.clean(text)

    assert words.width_of(words.shorten(shown, width)) <= width
    assert words.width_of(words.cut(shown, width)) <= width


def test_names_are_shortened_in_the_middle() -> None:
    """Both ends of a model or a path tell more than its middle."""
    assert words.shorten("claude-opus-5-20251101", 12) == "claud…251101"
    assert words.width_of("漢字の店") == 8


def test_bars_are_in_eighths_and_never_invisible() -> None:
    """Scaled to the most; the smallest something is a sliver."""
    assert [words.bar(value, 1000, 10) for value in (0, 1, 500, 1000)] == ["", "▏", "█████", "██████████"]


def test_sparks_show_gaps() -> None:
    """Nothing is "·"; more values than columns are summed."""
    assert words.spark([0, 1, 5, 10]) == "·▁▄█"
    assert words.spark([0, 0]) == "··"
    assert len(words.spark(list(range(24)), 12)) == 12


def test_paths_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` for the home folder itself and what is below it, not for a neighbour."""
    monkeypatch.setenv("HOME", "/home/ana")

    assert [words.path(text) for text in ("/home/ana/x", "/home/ana", "/home/anabel/x")] == [
        "~/x",
        "~",
        "/home/anabel/x",
    ]
