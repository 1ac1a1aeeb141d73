"""`whyburn explain` in all its forms: which session, which prices, how much is shown, how it leaves the program."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import daywork
from schema_check import faults
from whyburn.harnesses.claude.harness import Claude
from whyburn.views.words import money, width_of

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/json/session.schema.json").read_text(encoding="utf-8"))
FLAGS = ("--input-price-per-mtok", "2.00", "--cached-input-price-per-mtok", "0.50", "--output-price-per-mtok", "8.00")


def test_the_parts_of_a_report_stand_in_their_order(day: daywork.Day) -> None:
    """The headline, then the five questions, the work, what to do, and how much of it is known."""
    text = day.said("explain", daywork.DEAR)
    titles = ["$0.95", "where the money went", "what would have saved money", "files that burned context",
              "commands and their output", "tried again without anything new", "where the cache was lost", "the work",
              "next run", "worth keeping", "how much of this is known", "whyburn report 3d1f0a52 --open"]  # fmt: skip

    assert [text.index(title) for title in titles] == sorted(text.index(title) for title in titles)
    assert "the same failure" in text
    assert "edited src/cart.py" in text
    assert "expired" in text


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("words", [("explain",), ("explain", daywork.THREAD), ("analyze", "session", "--details"),
                                   ("analyze", "cache"), ("overview",), ("scan",)], ids=" ".join)  # fmt: skip
def test_no_line_is_wider_than_the_screen(
    words: tuple[str, ...], width: int, day: daywork.Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long commands and paths give way."""
    monkeypatch.setenv("COLUMNS", str(width))

    assert [line for line in day.said(*words).splitlines() if width_of(line) > width] == []


def test_every_list_of_the_json_sums_to_the_bill(day: daywork.Day) -> None:
    """What, by source, how, when, what by how, by model, and every block: to the pico-dollar."""
    data = day.answered("explain", daywork.DEAR, "--blocks")
    bill = data["billed"]["cost_pico_usd"]

    for name, rows in data["attribution"].items():
        assert (name, sum(row["cost_pico_usd"] or 0 for row in rows)) == (name, bill)
    assert sum(row["cost_pico_usd"] for row in data["blocks"]) == bill
    ways = ("carried", "new", "lost", "output", "fees")
    for row in data["attribution"]["by_family"]:
        assert sum(row[f"{way}_pico_usd"] for way in ways) == row["cost_pico_usd"]
    joint = data["avoidable"]["cost_pico_usd"]
    assert sum(one["incremental_saving_pico_usd"] for one in data["findings"]) == joint <= bill


def test_the_bill_is_the_ledgers(day: daywork.Day) -> None:
    """The postmortem explains exactly what `usage` says the session cost."""
    usage = day.answered("usage", "sessions", "--source-session", daywork.DEAR)["sessions"][0]
    billed = day.answered("explain", daywork.DEAR)["billed"]

    assert billed["cost_pico_usd"] == usage["virtual_cost_pico_usd"]
    assert billed["tokens"]["cache_read"] == usage["cache_read"]


@pytest.mark.parametrize("words", [(), ("--no-content",), ("--redact", "share"), ("--redact", "none"), ("--blocks",)])
@pytest.mark.parametrize("session", [daywork.DEAR, daywork.THREAD])
def test_json_is_as_documented_at_every_level(words: tuple[str, ...], session: str, day: daywork.Day) -> None:
    """The same object, whatever is hidden in it."""
    body = day.answered("explain", session, *words)

    assert list(faults(body, SCHEMA, SCHEMA)) == []
    assert ("blocks" in body) == ("--blocks" in words)


# --- which session ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "ident"), [
    (("explain",), daywork.DEAR), (("explain", "--last"), daywork.DEAR), (("explain", "last"), daywork.DEAR),
    (("explain", "today"), daywork.DEAR), (("explain", "3d19"), daywork.SHORT),
    (("explain", f"desk/claude/{daywork.SHORT}"), daywork.SHORT), (("explain", "--session-id", "3d19"), daywork.SHORT),
    (("explain", "--thread-id", "019a"), daywork.THREAD), (("codex", "explain", "--thread-id", "019a"), daywork.THREAD),
    (("codex", "explain", "--last"), daywork.THREAD), (("claude", "explain", "--last"), daywork.DEAR),
    (("explain", "--harness", "codex"), daywork.THREAD), (("explain", "--harness", "auto"), daywork.DEAR),
    (("explain", "--project", "web"), daywork.SHORT), (("explain", "--cwd", "/home/ana/shop/web"), daywork.SHORT),
    (("explain", "--project", "shop/web"), daywork.SHORT),
], ids=" ".join)  # fmt: skip
def test_a_session_can_be_named_in_many_ways(words: tuple[str, ...], ident: str, day: daywork.Day) -> None:
    """By id, beginning, key, the older tools' words, harness, folder; or it is the newest."""
    assert day.answered(*words)["session"]["id"] == ident


@pytest.mark.parametrize(("code", "words", "said"), [
    (2, ("claude", "explain"), "--last"), (2, ("codex", "explain"), "--last"),
    (2, ("explain", "--last", "3d1f"), "exclude each other"), (2, ("explain", "3d1f", "--thread-id", "x"), "exclude"),
    (2, ("explain", "--json", "--markdown"), "exclude"), (2, ("explain", "--json", "--rich"), "exclude"),
    (2, ("explain", "--blocks"), "--json"), (2, ("explain", "--fail-over-budget"), "--budget"),
    (2, ("explain", "--rich", "--out", "x.md"), "--out"),
    (2, ("claude", "explain", "--thread-id", "x"), "No such option"),
    (2, ("explain", "--session-file", "x", "--no-refresh"), "as it is"),
    (2, ("explain", "3d1f", "--cwd", "/x"), "leave out --cwd"),
    (1, ("codex", "explain", "3d1f"), "not one of codex"), (1, ("explain", "3d1"), daywork.SHORT),
    (1, ("explain", "zzz"), "no session 'zzz'"), (1, ("explain", "--session-file", "gone.jsonl"), "does not exist"),
    (1, ("explain", "--claude-home", "gone"), "does not exist"), (1, ("explain", "--price-config", "gone"), "gone"),
    (1, ("explain", "--redact", "some"), "none, default, share"), (1, ("explain", "--cwd", "/nowhere"), "/nowhere"),
])  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(code: int, words: tuple[str, ...], said: str, day: daywork.Day) -> None:
    """2 for syntax, 1 for what does not exist; nothing on stdout, no traceback."""
    assert said in day.refused(code, *words)


def test_the_choice_of_the_newest_is_told_on_stderr(day: daywork.Day) -> None:
    """Which, and how to choose another one; not where a session or harness was named."""
    assert "newest session over all harnesses: claude 3d1f0a52" in day.ask("explain", "--json").err
    assert day.ask("explain", daywork.DEAR).err == ""
    assert day.ask("claude", "explain", "--last").err == ""


# --- files and other homes --------------------------------------------------------------------------------------------


def test_a_file_is_explained_wherever_it_lies(day: daywork.Day, tmp_path: Path) -> None:
    """Its content says which harness wrote it; the ledger learns nothing of it."""
    moved = tmp_path / "somewhere.jsonl"
    moved.write_bytes(day.log.read_bytes())
    rollout = daywork.codex_log(tmp_path, thread="019b0000-0000-7000-8000-000000000009")
    before = day.answered("scan")["of"]

    assert day.answered("explain", "--session-file", moved)["session"]["id"] == daywork.DEAR
    assert day.answered("claude", "explain", "--session-file", moved)["billed"]["cost_usd"] != "0.00"
    assert day.answered("explain", "--session-file", rollout)["session"]["harness"] == "codex"
    assert f"whyburn report --session-file {moved}" in " ".join(day.said("explain", "--session-file", moved).split())
    assert day.answered("scan")["of"] == before


def test_another_home_is_read_apart(day: daywork.Day, tmp_path: Path) -> None:
    """Its newest session is explained; the user's ledger stays as it was, and the second time nothing is read."""
    daywork.short_log("99990000-eeee-4000", "2026-11-21T10:30:00").write(tmp_path / "old")
    daywork.codex_log(tmp_path / "old", thread="019c0000-0000-7000-8000-000000000009")

    found = day.answered("claude", "explain", "--last", "--claude-home", tmp_path / "old/.claude")
    assert found["session"]["id"] == "99990000-eeee-4000"
    assert day.answered("codex", "scan", "--codex-home", tmp_path / "old/.codex")["of"] == 1
    assert "99990000" in day.said("scan", "--claude-home", tmp_path / "old/.claude")
    assert day.answered("scan")["of"] == 4


# --- prices and budgets -----------------------------------------------------------------------------------------------


def test_given_prices_are_exactly_what_is_billed(day: daywork.Day) -> None:
    """C023: tokens times these prices, in integers; the report says so."""
    data = day.answered("codex", "explain", "--last", *FLAGS)
    sums = data["billed"]["tokens"]
    exact = sums["input"] * 2_000_000 + sums["cache_read"] * 500_000 + sums["output"] * 8_000_000

    assert data["billed"]["cost_pico_usd"] == exact
    assert sum(row["cost_pico_usd"] for row in data["attribution"]["by_how"]) == exact
    assert data["session"]["prices"] == "prices from price options"
    assert "prices from price options" in day.said("codex", "explain", "--last", *FLAGS)


def test_a_price_file_is_for_its_source(day: daywork.Day) -> None:
    """What it says of Codex changes nothing about Claude; options win over it."""
    Path("p.json").write_text('{"codex": {"input_price_per_mtok": 1, "output_price_per_mtok": 1}}')
    usual = day.answered("explain", daywork.DEAR)["billed"]

    same = day.answered("explain", daywork.DEAR, "--price-config", "p.json")
    assert same["billed"] == usual
    assert "p.json has no price" in same["session"]["prices"]
    codex = day.answered("codex", "explain", "--last", "--price-config", "p.json")["billed"]
    dearer = day.answered("codex", "explain", "--last", "--price-config", "p.json", "--output-price-per-mtok", "2")
    assert dearer["billed"]["cost_pico_usd"] - codex["cost_pico_usd"] == codex["tokens"]["output"] * 1_000_000


def test_prices_of_nothing_switch_pricing_off(day: daywork.Day) -> None:
    """Tokens only, and the reason."""
    text = day.said("explain", daywork.DEAR, "--input-price-per-mtok", "0", "--output-price-per-mtok", "0")

    assert "tokens, no price" in text.splitlines()[0]
    assert "$0.00" not in text


@pytest.mark.parametrize(("budget", "code", "said"), [("0.5", 3, "exceeded by $0.45"), ("2", 0, "within, $1.05 left")])
def test_a_budget_gives_a_verdict(budget: str, code: int, said: str, day: daywork.Day) -> None:
    """Exit 3 only where it was asked for; the verdict stands in text, Markdown and JSON alike."""
    found = day.ask("explain", daywork.DEAR, "--budget", budget, "--fail-over-budget")

    assert (found.code, said in found.out) == (code, True)
    assert day.ask("explain", daywork.DEAR, "--budget", budget).code == 0
    assert said in day.said("explain", daywork.DEAR, "--budget", budget, "--markdown").replace("\\", "")
    assert day.answered("explain", daywork.DEAR, "--budget", budget)["budget"]["exceeded"] == (code == 3)


def test_a_budget_without_prices_cannot_be_judged(day: daywork.Day) -> None:
    """Not knowing is neither within nor beyond."""
    found = day.ask("explain", daywork.THREAD, "--budget", "1", "--fail-over-budget")

    assert found.code == 0
    assert "cannot be judged" in found.out


# --- how it leaves the program ----------------------------------------------------------------------------------------


def test_markdown_holds_the_same_sections(day: daywork.Day) -> None:
    """C051: headings, tables and numbers of the console; hostile titles stay text."""
    text = day.said("claude", "explain", "--last", "--markdown")

    assert text.startswith("# fix cart rounding \\<b\\>now\\</b\\>\n")
    assert "## Where the money went" in text
    assert "| what | tokens |" in text
    assert f"**{money(day.answered('explain', daywork.DEAR)['findings'][0]['incremental_saving_pico_usd'])}**" in text
    assert not re.search(r"<b>|\x1b|\x07|\u202e", text)


def test_out_writes_a_private_file(day: daywork.Day) -> None:
    """Markdown, with --json JSON; folders are made; stdout says where."""
    assert day.said("explain", daywork.DEAR, "--out", "deep/er/r.md") == "written to deep/er/r.md\n"
    found = day.ask("explain", daywork.DEAR, "--json", "--out", "r.json")

    file = day.home / "deep/er/r.md"
    assert (file.stat().st_mode & 0o777, (day.home / "deep").stat().st_mode & 0o777) == (0o600, 0o700)
    assert file.read_text().startswith("# ")
    assert (found.out, "written to r.json" in found.err) == ("", True)
    assert json.loads((day.home / "r.json").read_text())["kind"] == "session"


def test_secrets_reach_no_sink(day: daywork.Day) -> None:
    """At level default neither key nor mail address is in text, Markdown, JSON, pages, digests or overviews."""
    sinks = [day.said("explain", daywork.DEAR), day.said("explain", daywork.DEAR, "--markdown"),
             day.said("explain", daywork.DEAR, "--json", "--blocks"), day.said("overview"),
             day.said("analyze", "session", daywork.DEAR, "--details"), day.said("why", daywork.DEAR),
             day.said("overview", "--json"), day.said("usage", "sessions", "--with-summary")]  # fmt: skip
    day.said("report", daywork.DEAR, "--out", "r.html")
    sinks.append((day.home / "r.html").read_text())

    for text in sinks:
        assert daywork.KEY not in text
        assert daywork.MAIL not in text
        assert "\x1b" not in text


def test_what_is_not_to_be_shown_is_not_shown(day: daywork.Day) -> None:
    """`share` has stable pseudonyms, `--no-content` nothing at all; dollars and counts stay."""
    private = ("package-lock", "cart.py", "pytest", "/home/ana", "rounding", "shop", "infra")
    shared, bare = (day.said("explain", daywork.DEAR, "--json", "--blocks", *more)
                    for more in (("--redact", "share"), ("--no-content",)))  # fmt: skip

    shown = [day.said(*asked, daywork.DEAR, *more) for asked in (("why",), ("explain",), ("explain", "--markdown"))
             for more in (("--no-content",), ("--redact", "share"))]  # fmt: skip
    for text in (shared, bare, *shown):
        assert [word for word in private if word in text] == []
        assert "0.61" in text
    assert re.search(r"path-[0-9a-f]{8}", shared)
    assert not re.search(r"(path|text)-[0-9a-f]{8}", bare)
    assert shared == day.said("explain", daywork.DEAR, "--json", "--blocks", "--redact", "share")


def test_nothing_is_hidden_when_nothing_is_to_be(day: daywork.Day) -> None:
    """`--redact none`: JSON as the log has it; the console still shows no control characters."""
    data = day.answered("explain", daywork.DEAR, "--redact", "none")

    assert data["session"]["cwd"] == "/home/ana/shop/api"
    assert daywork.KEY in json.dumps(data)
    assert "\x1b" not in day.said("explain", daywork.DEAR, "--redact", "none")


# --- when little is known ---------------------------------------------------------------------------------------------


def test_without_step_data_the_usage_is_shown(day: daywork.Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 1 with the reason and the next command; with --json stdout stays empty."""

    def nothing(*_: Any) -> Any:
        return iter(())

    monkeypatch.setattr(Claude, "deep", nothing)
    found = day.ask("explain", daywork.SHORT)

    assert found.code == 1
    assert found.err.startswith("whyburn: no step data: claude session 3d19b7c1")
    assert "2 calls" in found.out
    assert day.refused(1, "explain", daywork.SHORT, "--json")


def test_a_damaged_log_is_still_explained(day: daywork.Day) -> None:
    """A broken line, an unknown type and a torn end cost their lines; the bill stands."""
    bill = day.answered("explain", daywork.DEAR)["billed"]
    with day.log.open("ab") as file:
        file.write(b'{"type": "assistant", broken\n{"type": "novel-thing"}\n\xff\xfe\n{"type": "user", "mess')
    after = day.answered("explain", daywork.DEAR)

    assert after["billed"] == bill
    assert after["quality"]["skipped_lines"] >= 2


def test_what_a_harness_does_not_record_is_said(day: daywork.Day) -> None:
    """Reasoning of Claude, cache writes of Codex: not 0."""
    assert "reasoning not recorded by this harness" in " ".join(day.said("explain", daywork.DEAR).split())
    assert "written not recorded by this harness" in " ".join(day.said("explain", daywork.THREAD).split())
