"""`whyburn overview`: many sessions at once, as text, JSON and pages; what was explained before is not read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import daywork
from schema_check import faults

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/json/overview.schema.json").read_text(encoding="utf-8"))
PRICES = '{"codex": {"input_price_per_mtok": 1, "output_price_per_mtok": 2}}'


def test_the_screen_says_which_sessions_were_dear_and_why(day: daywork.Day) -> None:
    """The sum, sessions with their causes, drivers apart from billing signals, what to do first."""
    text = day.said("overview")

    assert text.startswith("overview · 4 sessions · ≥$1.08")
    assert text.index("3d1f0a52") < text.index("3d19b7c1") < text.index("019a0001")
    assert "package-lock.json" in text
    assert "~/project/" not in text
    for title in ("what could have been avoided", "drivers", "billing signals (no causes)", "do first"):
        assert f"\n{title}\n" in text
    assert "written to reports/overview.html" in text


def test_the_page_is_written_where_it_should(day: daywork.Day) -> None:
    """Default places by harness, folders made, private; `--out` says another place."""
    day.said("codex", "overview")
    day.said("overview", "--out", "far/away.html")

    for file in ("reports/codex-overview.html", "far/away.html"):
        assert (day.home / file).stat().st_mode & 0o777 == 0o600
        assert (day.home / file).read_text().startswith("<!doctype html>")


def test_pages_of_sessions_are_linked(day: daywork.Day) -> None:
    """One page a session beside the overview, named by its whole id; the overview links them."""
    text = day.said("claude", "overview", "--session-reports", "--out", "o/all.html")
    pages = sorted((day.home / "o/claude-sessions").iterdir())

    assert "and 3 pages of sessions beside it" in text
    assert [daywork.DEAR in one.name for one in pages].count(True) == 1
    overview = (day.home / "o/all.html").read_text()
    assert [one.name for one in pages if f"claude-sessions/{one.name}" not in overview] == []


def test_what_was_explained_is_not_read_again(day: daywork.Day) -> None:
    """Hits, misses and stale digests are counted; a session that grew is explained anew."""
    first, second = day.said("overview"), day.said("overview")
    with day.log.open("a", encoding="utf-8") as file:
        file.write("\n")
    third = day.said("overview")

    assert "cache: 0 hits, 4 missed" in first
    assert "cache: 4 hits ·" in second
    assert "cache: 3 hits, 1 stale" in third


def test_the_cache_can_be_elsewhere_or_nowhere(day: daywork.Day) -> None:
    """`--cache-dir` keeps digests in a folder, `--no-cache` reads everything and keeps nothing: the same numbers."""
    usual = day.answered("overview", "--no-cache")
    assert "cache: 0 hits, 4 not cached" in day.said("overview", "--no-cache")
    day.said("overview", "--cache-dir", "kept")

    assert day.answered("overview", "--cache-dir", "kept") == usual
    assert "cache: 4 hits" in day.said("overview", "--cache-dir", "kept")
    assert "cache: 0 hits, 4 missed" in day.said("overview")
    assert "exclude each other" in day.refused(2, "overview", "--no-cache", "--cache-dir", "kept")


@pytest.mark.parametrize(("words", "kind", "ids"), [
    (("overview",), "overview", [daywork.DEAR, daywork.SHORT, daywork.OLD, daywork.THREAD]),
    (("overview", "--sort", "last"), "overview", [daywork.DEAR, daywork.SHORT, daywork.THREAD, daywork.OLD]),
    (("overview", "--sort", "tokens"), "overview", [daywork.DEAR, daywork.THREAD, daywork.SHORT, daywork.OLD]),
    (("overview", "--limit", "2"), "overview", [daywork.DEAR, daywork.SHORT]),
    (("codex", "overview"), "codex_overview", [daywork.THREAD]),
    (("overview", "--source", "codex"), "overview", [daywork.THREAD]),
    (("overview", "--project", "web"), "overview", [daywork.SHORT, daywork.OLD]),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")  # fmt: skip
def test_json_has_the_asked_sessions_in_the_asked_order(
    words: tuple[str, ...], kind: str, ids: list[str], day: daywork.Day
) -> None:
    """As documented; no page is written; cache counts are on stderr."""
    found = day.ask(*words, "--json")
    body = json.loads(found.out)

    assert (body["kind"], [one["id"] for one in body["sessions"]]) == (kind, ids)
    assert list(faults(body, SCHEMA, SCHEMA)) == []
    assert "cache: " in found.err
    assert not (day.home / "reports").exists()


def test_the_costs_are_those_of_the_ledger(day: daywork.Day) -> None:
    """The sum, and the parts that say that they sum to it."""
    body = day.answered("overview")
    bill = body["summary"]["cost_pico_usd"]

    assert bill == day.answered("usage", "summary")["totals"]["virtual_cost_pico_usd"]
    for name in ("causes", "mechanisms", "projects"):
        assert (name, sum(row["cost_pico_usd"] or 0 for row in body[name])) == (name, bill)


def test_given_prices_price_the_overview(day: daywork.Day) -> None:
    """C025, C041: by file and by option; nothing of it is kept."""
    (day.home / "p.json").write_text(PRICES)
    words = ("codex", "overview", "--price-config", "p.json")
    tokens = day.answered("codex", "explain", "--last")["billed"]["tokens"]
    exact = (tokens["input"] + tokens["cache_read"]) * 1_000_000 + tokens["output"] * 2_000_000

    assert day.answered(*words)["summary"]["cost_pico_usd"] == exact
    assert day.answered("codex", "overview")["sessions"][0]["cost_usd"] is None


def test_a_path_is_read_as_a_path(day: daywork.Day, tmp_path: Path) -> None:
    """`--source FOLDER` or FILE: sessions there, whichever harness wrote them."""
    daywork.short_log("77770000-ffff-4000", "2026-11-21T10:30:00").write(tmp_path / "x")
    daywork.codex_log(tmp_path / "x", thread="019d0000-0000-7000-8000-000000000009")

    assert day.answered("overview", "--source", tmp_path / "x")["summary"]["sessions_analyzed"] == 2
    assert "neither a harness nor a path" in day.refused(2, "overview", "--source", "nowhere")
    assert "exclude each other" in day.refused(2, "overview", "--source", "codex", "--harness", "claude")


def test_json_and_pages_exclude_each_other(day: daywork.Day) -> None:
    """What would do nothing is refused."""
    assert "--open" in day.refused(2, "overview", "--json", "--open")
    assert "--session-reports" in day.refused(2, "overview", "--json", "--session-reports")


# --- one page ---------------------------------------------------------------------------------------------------------


def test_a_report_is_a_page_and_says_the_cause_first(day: daywork.Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """C007, C026: the headline on stdout, the path last, the browser on request."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    lines = day.said("report", "--last", "--open").splitlines()

    assert lines[0].startswith("$0.95")
    assert "package-lock.json" in lines[2]
    assert lines[-1] == "written to reports/report.html"
    assert opened == [(day.home / "reports/report.html").as_uri()]
    assert (day.home / "reports/report.html").stat().st_mode & 0o777 == 0o600
    assert day.said("codex", "report", "--last").splitlines()[-1] == "written to reports/codex-report.html"


def test_a_report_can_be_of_other_logs(day: daywork.Day, tmp_path: Path) -> None:
    """`--source` as harness, file or folder; `--session-file`; a filter counts for the choice itself."""
    file = daywork.short_log("66660000-ffff-4000", "2026-11-21T10:30:00").write(tmp_path / "x")

    assert "66660000" in _page(day, "--source", tmp_path / "x")
    assert "66660000" in _page(day, "--source", file)
    assert "66660000" in _page(day, "--session-file", file)
    assert "mystery-model" in _page(day, "--source", "codex")
    assert daywork.SHORT[:8] in _page(day, "--last", "--project", "web")
    assert "say which session" in day.refused(2, "claude", "report")


def _page(day: daywork.Day, *words: object) -> str:
    day.said("report", *words, "--out", "page.html")
    return (day.home / "page.html").read_text()
