"""`whyburn why`: ten lines that say what the bill was, why, and what to do; and the bare command's likely cause."""

from __future__ import annotations

import pytest

import daywork
from whyburn.views.words import money, percent


def test_it_says_the_bill_three_causes_and_what_to_do(day: daywork.Day) -> None:
    """Cost, model, calls, period and quality; causes with dollars and share; the joint sum; a fix; a command."""
    lines = day.said("why", "last").splitlines()

    assert lines[0].startswith("$0.95  claude-atlas-5 · 13 calls")
    assert "2026-11-21 09:14–10:21" in lines[0]
    assert lines[0].endswith("quality high")
    assert "package-lock.json" in lines[2]
    assert "A pause of 1 h 4 min" in lines[3]
    assert "failed 4 times" in lines[4]
    assert lines[6].startswith("avoidable together about $")
    assert lines[7].startswith("do next: ")
    assert any("→ saves $0.61" in line for line in lines)
    assert "whyburn report 3d1f0a52 --open" in lines[-1]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("session", ["last", "today", daywork.DEAR, daywork.SHORT, daywork.THREAD])
def test_ten_lines_are_enough(session: str, width: int, day: daywork.Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 80 columns there are never more, and none is wider than the screen."""
    monkeypatch.setenv("COLUMNS", str(width))
    lines = day.said("why", session).splitlines()

    assert len(lines) <= 10
    assert [line for line in lines if len(line) > width] == []


def test_its_numbers_are_those_of_explain(day: daywork.Day) -> None:
    """The bill, the largest three additions to the joint saving, and their sum, to the cent."""
    data, text = day.answered("explain", daywork.DEAR), day.said("why", daywork.DEAR)
    cost = data["billed"]["cost_pico_usd"]
    adds = sorted((one["incremental_saving_pico_usd"] for one in data["findings"]), reverse=True)[:3]
    joint = data["avoidable"]["cost_pico_usd"]

    assert text.startswith(f"{money(cost)}  ")
    for line, amount in zip(text.splitlines()[2:5], adds, strict=True):
        assert line.split()[:2] == [money(amount), percent(amount, cost)]
    assert f"about {money(joint)} ({percent(joint, cost)})" in text
    assert f"saves {money(adds[0])}" in text


def test_today_is_the_dearest_of_today(day: daywork.Day) -> None:
    """Not the newest: that is another session."""
    lines = daywork.short_log("eeee0000-dddd-4000", "2026-11-21T11:00:00")
    lines.write(day.home)
    day.said("refresh")

    assert "$0.95" in day.said("why", "today")
    assert "$0.95" not in day.said("why")


def test_nothing_today_says_what_to_type(day: daywork.Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, exit 1, with the next useful command."""
    monkeypatch.setattr("whyburn.clock.now_ms", lambda: 1_800_000_000_000)

    assert "whyburn why last" in day.refused(1, "why", "today")


def test_without_prices_it_shows_tokens_and_names_the_model(day: daywork.Day) -> None:
    """Never $0.00."""
    text = day.said("why", daywork.THREAD)

    assert text.startswith("25.4k tokens, no price")
    assert "mystery-model: 2 calls" in text
    assert "$" not in text


def test_without_anything_avoidable_it_shows_the_largest_parts(day: daywork.Day) -> None:
    """They are marked as parts of the bill, not as causes."""
    text = day.said("why", daywork.SHORT)

    assert "of it: system and tools" in text
    assert "nothing avoidable stands out" in text


@pytest.mark.parametrize(("words", "said"), [
    (("nope",), "no session 'nope'"), (("3d1",), "3d1f0a52-aaaa"), (("last", "--harness", "nobody"), "claude, codex"),
    (("--project", "elsewhere"), "no session of project elsewhere"),
])  # fmt: skip
def test_what_cannot_be_told_is_one_line(words: tuple[str, ...], said: str, day: daywork.Day) -> None:
    """An unknown or ambiguous id, an unknown harness, a project without sessions: exit 1, candidates named."""
    assert said in day.refused(1, "why", *words)


def test_a_filter_beside_an_id_is_refused(day: daywork.Day) -> None:
    """It would have no effect."""
    assert "leave out --project" in day.refused(2, "why", daywork.DEAR, "--project", "shop")


def test_the_bare_command_says_the_likely_cause(day: daywork.Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dearest session is explained when it was not before; the others only if they were."""
    config = day.home / ".config/whyburn/config.toml"
    config.write_text(config.read_text().replace('refresh = "never"', 'refresh = "auto"'))
    monkeypatch.setenv("COLUMNS", "160")

    first = day.said()
    day.said("overview")
    second = day.said()

    assert [line for line in first.splitlines() if "low-signal file in the context" in line and "$0.95" in line]
    assert "why:  whyburn why 3d1f0a52" in first
    assert "no prices" not in first
    assert "no prices" in second


def test_where_logs_are_not_to_be_read_the_bare_command_reads_none(
    day: daywork.Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`reports.refresh` is never: causes come from stored digests only."""
    monkeypatch.setenv("COLUMNS", "160")
    assert "low-signal" not in day.said()

    day.said("analyze", "session", daywork.DEAR, "--persist")

    assert "low-signal" in day.said()


def test_sessions_can_be_listed_with_their_digests(day: daywork.Day) -> None:
    """T080, T081: a line for every session whose digest is stored; no column without the option."""
    day.said("analyze", "session", daywork.DEAR, "--persist")

    rows = {row["source_session_id"]: row for row in day.answered("usage", "sessions", "--with-summary")["sessions"]}
    assert "package-lock.json" in rows[daywork.DEAR]["summary"]
    assert rows[daywork.SHORT]["summary"] is None
    assert "summary" not in day.answered("usage", "sessions")["sessions"][0]
    assert "package-lock.json" in day.said("usage", "sessions", "--with-summary")
    assert "package-lock.json" not in day.said("usage", "sessions")
    assert "summary" in day.said("usage", "sessions", "--with-summary", "--table", "--last").splitlines()[2]
