"""`whyburn analyze session` and `analyze cache`: short reports on one side of a session."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import daywork
from schema_check import faults

SCHEMAS = Path(__file__).parents[2] / "docs/json"
PRIVATE = ("package-lock", "cart", "pytest", "git commit", "rounding", "/home/ana", "shop", "Done: amounts")


@pytest.mark.parametrize("words", [
    ("session",), ("session", "--last"), ("session", "claude"), ("session", daywork.DEAR),
    ("session", "claude", "3d1f"), ("cache", "claude", "--last"),
], ids=" ".join)  # fmt: skip
def test_the_session_can_be_said_in_words(words: tuple[str, ...], day: daywork.Day) -> None:
    """A harness, an id, both, or nothing: then the newest."""
    assert day.answered("analyze", *words)["session"]["id"] == daywork.DEAR


def test_the_compact_report_holds_no_text_of_the_log(day: daywork.Day) -> None:
    """T097, T098: usage, cache, tool health; no message, command, file, folder or title."""
    text = day.said("analyze", "session", "--last")
    body = day.answered("analyze", "session", "--last")

    assert (body["kind"], body["type"]) == ("session_compact_report", "session_compact_report")
    assert {"usage", "cache", "tool_health"} <= set(body)
    assert [word for word in PRIVATE if word in text or word in json.dumps(body)] == []
    assert body["usage"]["cost_pico_usd"] == day.answered("explain", daywork.DEAR)["billed"]["cost_pico_usd"]
    assert "12 calls, 4 failed" in text


def test_details_are_the_full_digest(day: daywork.Day) -> None:
    """T100: files and commands, findings and what to do."""
    text = day.said("analyze", "session", "--last", "--details")
    body = day.answered("analyze", "session", "--last", "--details")

    assert "package-lock.json" in text
    assert "pytest -q tests/test_cart.py" in text
    assert {"files", "commands", "findings", "next_run_plan"} <= set(body["details"])


def test_bad_calls_and_all_calls_are_listed(day: daywork.Day) -> None:
    """Category, failure, call and line of each tool call."""
    bad = day.answered("analyze", "session", "--last", "--bad-calls")["tool_calls"]
    every = day.answered("analyze", "session", "--last", "--all-tool-calls")["tool_calls"]

    assert [(one["category"], one["failure"]) for one in bad] == [("test", "failed")] * 4
    assert len(every) == 12
    lines = day.log.read_text(encoding="utf-8").splitlines()
    assert all('"tool_use"' in lines[one["line"] - 1] for one in every)
    assert "tool calls that did not succeed" in day.said("analyze", "session", "--last", "--bad-calls")
    assert "exclude each other" in day.refused(2, "analyze", "session", "--bad-calls", "--all-tool-calls")


def test_a_persisted_digest_is_replaced_when_the_session_grows(day: daywork.Day) -> None:
    """T101: kept once, then another one in its place."""
    assert "digest kept" in day.said("analyze", "session", daywork.SHORT, "--persist")
    assert day.answered("analyze", "session", daywork.SHORT, "--persist")["persisted"] is True
    first = _summary(day)
    log = daywork.short_log()
    log.read("big.lock", "x = 1\n" * 30_000).call("Hm.").call("Well.")
    log.write(day.home)
    day.said("refresh")

    assert _summary(day) is None
    day.said("analyze", "session", daywork.SHORT, "--persist")
    assert _summary(day) not in {None, first}


def _summary(day: daywork.Day) -> str | None:
    rows = day.answered("usage", "sessions", "--with-summary", "--source-session", daywork.SHORT)["sessions"]
    found: str | None = rows[0]["summary"]
    return found


def test_the_cache_is_told_with_its_losses(day: daywork.Day) -> None:
    """Shares, lifetimes, causes, premiums; what a lost cache cost is what `explain` says."""
    text = day.said("analyze", "cache", "--last")
    body = day.answered("analyze", "cache", "--last")

    assert "82.6% of 607.2k prompt tokens were read from it" in text
    assert "5m 105.1k" in text
    assert "expired" in text
    assert body["cache"]["premium_pico_usd"] == sum(one["premium_pico_usd"] for one in body["events"])
    assert body["events"] == day.answered("explain", daywork.DEAR)["cache_events"]
    assert [one["call"] for one in body["calls"] if one["cause"]] == [one["call"] for one in body["events"]]
    assert sum(one["cost_pico_usd"] for one in body["calls"]) == body["billed"]["cost_pico_usd"]


def test_calls_can_be_left_out(day: daywork.Day) -> None:
    """T103's option: no row for each call."""
    assert "calls" not in day.answered("analyze", "cache", "--last", "--no-calls")
    assert "\ncalls\n" in day.said("analyze", "cache", "--last")
    assert "\ncalls\n" not in day.said("analyze", "cache", "--last", "--no-calls")


def test_what_is_not_recorded_is_said(day: daywork.Day) -> None:
    """T102: Codex records no cache writes; that is not 0."""
    text = day.said("analyze", "session", "codex", "--last")

    assert "not recorded by this harness" in text
    assert "$0.00" not in text


@pytest.mark.parametrize("words", [
    ("session",), ("session", "--details", "--bad-calls"), ("session", "--all-tool-calls", "--persist"), ("cache",),
    ("cache", "--no-calls"), ("session", daywork.THREAD), ("cache", daywork.THREAD), ("session", "--redact", "none"),
], ids=" ".join)  # fmt: skip
def test_json_is_as_documented(words: tuple[str, ...], day: daywork.Day) -> None:
    """No key is missing, none is undocumented, each has its type."""
    body = day.answered("analyze", *words)
    schema = json.loads((SCHEMAS / f"{body['kind']}.schema.json").read_text(encoding="utf-8"))

    assert list(faults(body, schema, schema)) == []


@pytest.mark.parametrize(("code", "words", "said"), [
    (2, ("session", "claude", "a", "b"), "a harness and an id"),
    (2, ("session", "--last", "3d1f"), "exclude each other"),
    (2, ("session", "--json", "--rich"), "exclude"), (1, ("session", "codex", "3d1f"), "not one of codex"),
    (2, ("nonsense",), "session, cache, trace"), (1, ("cache", "zzz"), "no session 'zzz'"),
])  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(code: int, words: tuple[str, ...], said: str, day: daywork.Day) -> None:
    """2 for syntax, 1 for what does not exist."""
    assert said in day.refused(code, "analyze", *words)
