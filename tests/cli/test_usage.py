"""`whyburn usage`: the same numbers in the table, in JSON and from the api; windows, limits, exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import shop
from whyburn import api
from whyburn.api.usage import When
from whyburn.cli.app import run
from whyburn.settings.paths import resolve_paths
from whyburn.views.words import money, tokens

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Answered = Callable[..., dict[str, Any]]
    Said = Callable[..., str]
    Refused = Callable[..., tuple[int, str]]

DAY_MS = 86_400_000


def test_table_json_and_api_give_the_same_numbers(said: Said, answered: Answered, home: Path) -> None:
    """One question, three surfaces."""
    with api.open_workspace(resolve_paths(db=str(home / "ledger.db"))) as workspace:
        _, report = api.usage_report(workspace, When(period="this-week"), policy="never")
    body = answered("usage", "this-week")
    text = said("usage", "this-week")

    totals = body["totals"]
    assert report.as_dict() == {key: body[key] for key in report.as_dict()}
    assert totals["input"] == report.totals.input
    for shown in (f"new {tokens(totals['input'])}", f"cache read {tokens(totals['cache_read'])}",
                  f"calls {totals['calls']:,} in {totals['sessions']} sessions",
                  f"list price {money(totals['virtual_cost_pico_usd'])}",
                  f"paid {money(totals['actual_cost_pico_usd'])}"):  # fmt: skip
        assert shown in text
    for row in body["by_model"]:
        assert re.search(rf"{row['model']}\s.*{row['calls']}\s+{re.escape(tokens(row['prompt_total']))}\s", text)


@pytest.mark.parametrize("view", ["daily", "weekly", "monthly"])
def test_series_rows_are_those_of_json_in_the_same_order(view: str, said: Said, answered: Answered) -> None:
    """Chronological, newest first, the total under them."""
    buckets = answered("usage", view)["buckets"]
    rows = [line for line in said("usage", view).splitlines() if re.match(r"(\w{3}|week of) \d{4}", line)]

    assert [one["key"] for one in buckets] == sorted((one["key"] for one in buckets), reverse=True)
    assert [one["label"] for one in buckets] == [re.split(r"\s{2,}", row)[0] for row in rows]


@pytest.mark.parametrize("view", ["summary", "daily", "weekly", "monthly", "sessions", "machines", "by"])
def test_every_view_of_a_window_has_the_same_totals(view: str, answered: Answered) -> None:
    """`--until` is exclusive in all of them, and their parts sum to the whole."""
    extra = ("project,model",) if view == "by" else ()
    window = ("--since", "2026-10-15", "--until", "2026-11-16")

    body = answered("usage", view, *extra, *window)

    assert body["totals"]["calls"] == 27
    assert body["filters"]["until_ms"] - body["filters"]["since_ms"] == 32 * DAY_MS + 3_600_000


@pytest.mark.parametrize("view", ["summary", "daily", "sessions", "machines"])
def test_through_includes_its_day(view: str, answered: Answered) -> None:
    """`--through D` is `--until D+1`."""
    through = answered("usage", view, "--through", "2026-11-12")
    until = answered("usage", view, "--until", "2026-11-13")

    assert through == until


def test_a_summer_day_is_cut_where_its_own_clock_cut_it(answered: Answered) -> None:
    """Half past midnight on 2 July in Berlin is 2 July, also in November."""
    days = answered("usage", "daily", "--until", "2026-08-01", "--timezone", "Europe/Berlin")["buckets"]

    assert [one["key"] for one in days] == ["2026-07-02"]


def test_last_week_in_utc_is_a_whole_week(answered: Answered) -> None:
    """Monday 00:00 UTC, seven days."""
    filters = answered("usage", "last-week", "--utc")["filters"]

    assert filters["timezone"] == "UTC"
    assert filters["since_ms"] == 1_794_182_400_000
    assert filters["until_ms"] - filters["since_ms"] == 7 * DAY_MS


def test_a_day_by_its_date(answered: Answered) -> None:
    """`usage day DATE` is that day; `usage week DATE` the week around it."""
    day, week = answered("usage", "day", "2026-11-12"), answered("usage", "week", "2026-11-12")

    assert day["totals"]["calls"] == 9
    assert day["filters"]["until_ms"] - day["filters"]["since_ms"] == DAY_MS
    assert week["filters"] == answered("usage", "last-week")["filters"] | {"period": None}


def test_price_state_sort_and_limit_choose_model_rows(answered: Answered) -> None:
    """Priced rows by provider, at most so many, and nothing unpriced is listed; totals stay."""
    body = answered("usage", "summary", "--price-state", "priced", "--sort", "provider", "--limit", "10")

    providers = [row["provider"] for row in body["by_model"]]
    assert providers == sorted(providers)
    assert body["unconfigured_models"] == []
    assert body["totals"]["calls"] == 63


def test_the_contract_of_summary(answered: Answered) -> None:
    """Integers, decimal strings, and what is unpriced, in totals and at the root."""
    body = answered("usage", "summary", "--no-refresh")

    totals = body["totals"]
    for name in (
        "input",
        "output",
        "reasoning",
        "cache_read",
        "cache_write",
        "cache_write_5m",
        "cache_write_1h",
        "calls",
    ):
        assert isinstance(totals[name], int)
    assert totals["cache_write"] == totals["cache_write_5m"] + totals["cache_write_1h"]
    assert re.fullmatch(r"\d+\.\d{2,12}", totals["virtual_cost_usd"])
    assert re.fullmatch(r"\d+\.\d{2,12}", totals["actual_cost_usd"])
    assert totals["source_cost_usd"] is None
    assert body["unpriced_models"] == totals["unpriced_models"] == 1
    assert body["unpriced_tokens"] == totals["unpriced_tokens"] == 356_314


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ((), 10),
        (("--limit", "3"), 3),
        (("--today",), 3),
        (("--last",), 1),
        (("--this-month",), 15),
    ],
)
def test_how_many_sessions_are_listed(options: tuple[str, ...], count: int, answered: Answered) -> None:
    """Ten without a period, all with one; --last is one."""
    assert len(answered("usage", "sessions", *options)["sessions"]) == count


def test_order_asc_lists_the_oldest(answered: Answered) -> None:
    """Oldest first, also under a limit."""
    rows = answered("usage", "sessions", "--order", "asc", "--limit", "2")["sessions"]

    assert [row["source_session_id"] for row in rows] == ["019a0006-0000-7000-8000-000000000001", "3d1f0a56-aaaa"]


@pytest.mark.parametrize(
    ("selector", "calls"), [("laptop", 3), ("desk", 6), (shop.LAPTOP, 3), (shop.DESK[:8], 6), ("lap", 3), ("DESK", 6)]
)
def test_machines_are_found_by_name_id_and_prefix(selector: str, calls: int, answered: Answered) -> None:
    """Name, id, the first eight characters of it, unique start of a name."""
    assert answered("usage", "today", "--machine", selector)["totals"]["calls"] == calls


def test_breakdowns_sum_to_the_total(answered: Answered) -> None:
    """Each table of the report is the same calls, divided otherwise."""
    body = answered("usage", "summary")

    for name in ("by_provider", "by_harness", "by_machine", "by_model", "by_activity"):
        assert sum(row["calls"] for row in body[name]) == body["totals"]["calls"]
        assert sum(row["virtual_cost_pico_usd"] or 0 for row in body[name]) == body["totals"]["virtual_cost_pico_usd"]


def test_refresh_details_in_json_wrap_the_report(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """{refresh, report} inside the envelope."""
    capsys.readouterr()

    assert run(["--db", str(own_home / "ledger.db"), "usage", "today", "--refresh-details", "--json"]) == 0

    body = json.loads(capsys.readouterr().out)
    assert {one["harness"] for one in body["refresh"]} == {"claude", "codex"}
    assert body["report"]["totals"]["calls"] == 9


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("today", "--since", "2026-01-01"), 2), (("today", "--utc", "--timezone", "UTC"), 2),
        (("sessions", "--today", "--yesterday"), 2), (("sessions", "--today", "--since", "2026-01-01"), 2),
        (("summary", "--until", "2026-01-01", "--through", "2026-01-01"), 2), (("today", "--json", "--rich"), 2),
        (("summary", "--last-days", "2", "--since", "2026-01-01"), 2), (("daily", "--fill", "--instances"), 2),
        (("today", "--refresh-details", "--no-refresh"), 2), (("sessions", "--json", "--table"), 2),
        (("sessions", "--last", "--limit", "5"), 2),
        (("sessions", "--limit", "many"), 2), (("by",), 2), (("nonsense",), 2),
        (("summary", "--until", "2026-13-01"), 1), (("summary", "--since", "2026-02-02", "--until", "2026-02-01"), 1),
        (("today", "--timezone", "Mars/Base"), 1), (("today", "--machine", "nowhere"), 1),
        (("today", "--model", "gtp"), 1),
        (("summary", "--sort", "bogus"), 1), (("daily", "--order", "bogus"), 1), (("daily", "--limit", "0"), 1),
        (("summary", "--period", "someday"), 1), (("weekly", "--start-of-week", "someday"), 1), (("by", "colour"), 1),
        (("by", "day,month"), 1), (("by", "model,model"), 1), (("day", "2026-02-30"), 1),
        (("summary", "--last-days", "0"), 1),
        (("today", "--project", "nowhere"), 1), (("today", "--source-session", "zz"), 1),
    ],
)  # fmt: skip
def test_exit_codes(arguments: tuple[str, ...], code: int, refused: Refused) -> None:
    """2 for syntax, inert and exclusive options; 1 for what is well-formed and wrong; one line, nothing on stdout."""
    assert refused("usage", *arguments)[0] == code


def test_an_empty_result_explains_itself(said: Said) -> None:
    """The window, what the ledger holds, where was looked, what to try."""
    text = " ".join(said("usage", "summary", "--since", "2026-11-21T10:00").split())

    assert "no calls since 2026-11-21 10:00" in text
    assert (
        "the ledger holds calls from 2026-07-02 00:30 to 2026-11-21 00:30: claude 14 sessions, codex 7 sessions" in text
    )
    assert "~/.claude/projects" in text


def test_no_ledger_is_no_data(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Valid JSON with zeros, exit code 0, and no file is made."""
    capsys.readouterr()

    assert run(["--db", str(tmp_path / "none.db"), "usage", "today", "--no-refresh", "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["totals"]["calls"] == 0
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_gets_no_pictures_and_no_colours(said: Said) -> None:
    """Bars, sparklines, hints and escape sequences are for terminals."""
    for view in (("summary",), ("daily",), ("sessions",), ("sessions", "--table"), ("by", "model")):
        text = said("usage", *view)
        assert not set(text) & set("█▏▎▍▌▋▊▉▁▂▃▄▅▆▇\x1b")
        assert "more:" not in text


def test_hostile_names_lose_their_escapes(said: Said) -> None:
    """A title from a log cannot recolour, retitle or reorder the terminal."""
    text = said("usage", "sessions", "--project", "shop", "--limit", "1")

    assert "fix cart rounding" in text
    assert "\x1b" not in text
    assert "owned" not in text
    assert "\u202e" not in text


def test_a_missing_extra_is_one_line(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    """--rich without rich installed."""
    monkeypatch.setitem(sys.modules, "rich.console", None)

    code, said = refused("usage", "today", "--rich")

    assert code == 1
    assert 'pip install "whyburn[rich]"' in said


def test_rich_tables_show_the_same_cells(said: Said) -> None:
    """Every figure of the plain table is in the rich one."""
    plain, rich = said("usage", "daily"), said("usage", "daily", "--rich")

    figures = re.findall(r"[≥$]*\d[\d.,kMB]*", plain.partition("\n\n")[2])
    assert figures
    assert [one for one in figures if one not in rich] == []


def test_as_a_process(home: Path) -> None:
    """The real program: rows on stdout, nothing on stderr, 0; an error: the other way round, 1."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    base = [sys.executable, "-m", "whyburn", "--db", str(home / "ledger.db"), "usage"]

    done = subprocess.run([*base, "summary", "--no-refresh"], env=environ, capture_output=True, text=True, check=False)
    wrong = subprocess.run([*base, "summary", "--until", "x"], env=environ, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "calls 63 in 21 sessions" in done.stdout
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == "whyburn: --until x is not a date (YYYY-MM-DD, or an ISO time)\n"


def test_a_report_imports_nothing_heavy(home: Path) -> None:
    """What `usage today --no-refresh` loads is counted by module, which no clock can blur."""
    code = (
        "import sys; from whyburn.cli.app import run; "
        f"run(['--db', {str(home / 'ledger.db')!r}, 'usage', 'summary', '--no-refresh']); "
        "print(sorted({'rich', 'msgspec', 'tomlkit', 'asyncio', 'whyburn.ledger.ingest', 'whyburn.prices.book', "
        "'whyburn.harnesses.registry', 'importlib.metadata', 'difflib'} & set(sys.modules)), file=sys.stderr)"
    )

    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("arguments", [("usage", "statusline"), ("statusline",)])
def test_usage_statusline_is_statusline(arguments: tuple[str, ...], said: Said) -> None:
    """The older name gives the same line."""
    assert said(*arguments, "--no-refresh") == said("statusline", "--no-refresh")
