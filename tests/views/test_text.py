"""Layout: what is shown where the width ends, what a terminal gets and what a pipe gets."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from whyburn.views import text
from whyburn.views.words import width_of


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It does."""
        return True


def a_table() -> text.Table:
    """Three columns and a bar."""
    table = text.Table([text.name("model", least=8), text.number("calls", drop=1), text.number("cost")])
    table.add("claude-opus-5-20251101", "212", "$11.36", weight=1136)
    table.add("gpt", "1", "—", weight=None)
    table.total("total", "213", "$11.36")
    return table


def test_a_wide_screen_shows_everything_and_bars() -> None:
    """Numbers stand under each other, the dearest row has the longest bar."""
    assert text.lines([a_table()], text.Screen(80, pictures=True)) == [
        "model                   calls    cost",
        "claude-opus-5-20251101    212  $11.36  ████████████████████",
        "gpt                         1       —",
        "total                     213  $11.36",
    ]


def test_a_narrower_screen_shortens_names_then_drops_columns() -> None:
    """Never a wrapped row."""
    assert text.lines([a_table()], text.Screen(31, pictures=True))[1] == "claude-…20251101    212  $11.36"
    assert text.lines([a_table()], text.Screen(26, pictures=True))[1] == "claude-o…-20251101  $11.36"
    assert text.lines([a_table()], text.Screen(16, pictures=True))[1] == "cla…1101  $11.36"


@given(st.lists(st.tuples(st.text(), st.text(max_size=9), st.text(max_size=9)), max_size=4), st.integers(8, 200))
@example([("", "", "")] * 2, 8)
def test_no_row_is_ever_wider_than_the_screen(rows: list[tuple[str, str, str]], width: int) -> None:
    """For all texts and widths."""
    table = text.Table([text.name("name", least=4), text.number("a", drop=1), text.number("b")])
    for n, row in enumerate(rows):
        table.add(*row, weight=n)

    assert all(width_of(line) <= width for line in text.lines([table], text.Screen(width, pictures=True)))


def test_a_terminal_has_colours_and_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """With COLUMNS, which wins over what the terminal says."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "72")

    assert text.screen(Terminal()) == text.Screen(72, colour=True, pictures=True)


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_color_is_obeyed(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours go, bars are no colours and stay."""
    monkeypatch.setenv("COLUMNS", "72")
    monkeypatch.setenv(name, value)

    on = text.screen(Terminal())

    assert not on.colour
    assert on.pictures
    assert on.paint("x", "bold") == "x"


def test_a_pipe_is_plain_and_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is shortened for a program that reads."""
    monkeypatch.delenv("COLUMNS", raising=False)

    assert text.screen(io.StringIO()) == text.Screen(text.PIPE_WIDTH)


def test_an_output_that_lacks_a_character_gets_another_one() -> None:
    """An ASCII stream is no reason for a traceback."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", newline="\n")

    text.write(["cost — · ≥"], text.Screen(80), out)
    out.flush()

    assert raw.getvalue() == b"cost - . >\n"


def test_parts_flow_under_the_first_one() -> None:
    """A labelled line continues where its parts begin."""
    on = text.Screen(30)

    assert text.flow("prompt", ["new 1.0k", "read 2.0k", "written 3"], on) == [
        "prompt     new 1.0k",
        "           read 2.0k",
        "           written 3",
    ]
