"""What calls cost, from settings to the report: as if it were computed at report time, without its price."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

import fresh
from tiny import claude_line, write_claude
from whyburn.api import costing
from whyburn.ledger import database, repricing
from whyburn.settings.loader import load
from whyburn.settings.paths import resolve_paths
from whyburn.settings.schema import ActualRule, Costing, Settings

if TYPE_CHECKING:
    from pathlib import Path

SONNET = "claude-sonnet-4-5-20250929"
ROW = """
[[pricing.virtual]]
provider = "anthropic"
model = "{model}"
input_usd_per_1m = {price}
output_usd_per_1m = {price}
cached_input_usd_per_1m = 0
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> fresh.Home:
    """A home with two sessions: of a model that the snapshot prices, and of one that it does not know."""
    fresh.move_in(monkeypatch, tmp_path)
    write_claude(tmp_path, [claude_line(1), claude_line(2)], session="aaaa")
    write_claude(tmp_path, [claude_line(3, model="claude-from-tomorrow"), claude_line(4)], session="bbbb")
    return fresh.Home(tmp_path, capsys)


def _asked(home: fresh.Home, *options: object, ledger: str = "kept.db") -> dict[str, Any]:
    """`usage summary` of a ledger, without what tells the time of asking or the machine's random id."""
    code, out, err = home.ask("--db", home.path / ledger, "usage", "summary", *options, "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    for row in found["by_machine"]:
        del row["machine_id"]
    return found


def _totals(home: fresh.Home) -> dict[str, Any]:
    found: dict[str, Any] = _asked(home)["totals"]
    return found


def _line_with(changes: dict[str, Any], usage: dict[str, Any] | None = None, *, number: int = 1) -> str:
    record = json.loads(claude_line(number))
    record["message"]["usage"] |= usage or {}
    return json.dumps(record | changes)


# --- prices that change ----------------------------------------------------------------------------------------------

STEPS = {
    "a row is added": [ROW.format(model="claude-from-tomorrow", price=2)],
    "a row wins over the snapshot": ["", ROW.format(model=SONNET, price="7.5")],
    "a row is changed": [ROW.format(model=SONNET, price=1), ROW.format(model=SONNET, price=9)],
    "a row is deleted": [ROW.format(model=SONNET, price=9), ""],
    "one of two is deleted": [ROW.format(model=SONNET, price=9) + ROW.format(model="claude-from-tomorrow", price=3),
                              ROW.format(model="claude-from-tomorrow", price=3)],
    "there and back": [ROW.format(model=SONNET, price=9), ROW.format(model=SONNET, price=2), ""],
}  # fmt: skip


@pytest.mark.parametrize("refresh", ["--no-refresh", "--refresh"])
@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_the_next_report_after_a_change_is_that_of_a_fresh_import(
    home: fresh.Home, steps: list[str], refresh: str
) -> None:
    """Whatever was stored under other prices leaves no trace, in totals and in every breakdown."""
    home.ask("--db", home.path / "kept.db", "refresh")
    for step in steps:
        home.settings("prices.toml", step)
        kept = _asked(home, refresh)
    home.ask("--db", home.path / "new.db", "refresh")

    assert kept == _asked(home, "--no-refresh", ledger="new.db")
    assert home.ask("--db", home.path / "kept.db", "doctor", "--deep").out.count("sound") == 1


def test_repricing_needs_no_log(home: fresh.Home) -> None:
    """With all logs gone the next report has the new prices."""
    home.ask("--db", home.path / "kept.db", "refresh")
    for log in home.path.glob(".claude/projects/*/*.jsonl"):
        log.unlink()
    home.settings("prices.toml", ROW.format(model="claude-from-tomorrow", price=1))

    found = _asked(home, "--no-refresh")

    assert found["unpriced_models"] == 0
    tomorrow = next(row for row in found["by_model"] if row["model"] == "claude-from-tomorrow")
    assert tomorrow["virtual_cost_pico_usd"] == (10 + 200 + 100) * 10**6


def test_without_a_refresh_no_log_is_opened(home: fresh.Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repricing works on the ledger alone."""
    home.ask("--db", home.path / "kept.db", "refresh")
    home.settings("prices.toml", ROW.format(model=SONNET, price=1))
    opened: list[str] = []
    real = os.open

    def noted(path: Any, *rest: Any, **more: Any) -> int:
        opened.append(str(path))
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", noted)
    _asked(home, "--no-refresh")

    assert [path for path in opened if path.endswith(".jsonl")] == []


def test_only_calls_whose_cost_changes_are_written(home: fresh.Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A price for one model leaves the rows of all others alone; the same settings again write nothing."""
    counts: list[int] = []
    real = repricing.reprice

    def counted(*arguments: Any) -> int:
        counts.append(real(*arguments))
        return counts[-1]

    home.ask("--db", home.path / "kept.db", "refresh")
    monkeypatch.setattr(repricing, "reprice", counted)
    home.settings("prices.toml", ROW.format(model="claude-from-tomorrow", price=1))
    _asked(home, "--no-refresh")
    _asked(home, "--no-refresh")
    home.settings("prices.toml", "# moved down\n\n" + ROW.format(model="claude-from-tomorrow", price="1.0"))
    _asked(home, "--no-refresh")

    assert (counts[0], sum(counts)) == (1, 1)


def test_a_ledger_that_cannot_be_written_is_reported_at_its_old_prices_and_says_so(home: fresh.Home) -> None:
    """One line on stderr; nothing is invented."""
    home.ask("--db", home.path / "box/kept.db", "refresh")
    home.settings("prices.toml", ROW.format(model=SONNET, price=1))
    (home.path / "box/kept.db").chmod(0o400)
    (home.path / "box").chmod(0o500)
    try:
        kept = ("--db", home.path / "box/kept.db")
        code, out, err = fresh.ask_bound(*kept, "usage", "summary", "--no-refresh", "--json")
    finally:
        (home.path / "box").chmod(0o700)

    assert (code, json.loads(out)["totals"]["virtual_cost_pico_usd"]) == (0, 3 * 2_580_000_000)
    assert err.count("\n") == 1


# --- what is really paid ---------------------------------------------------------------------------------------------

RULES = {
    "nothing": "",
    "zero": '[[actual_cost]]\nharness = "claude"\nmode = "zero"\n',
    "source": '[[actual_cost]]\nharness = "claude"\nmode = "source"\n',
    "pricing": '[[actual_cost]]\nharness = "claude"\nmode = "pricing"\n',
}


@pytest.mark.parametrize(
    ("rules", "paid"), [("nothing", 0), ("zero", 0), ("source", 250_000_000_000), ("pricing", 1_310_000_000)]
)
def test_a_rule_says_what_is_paid(home: fresh.Home, rules: str, paid: int) -> None:
    """By rule: nothing, what the log recorded, or the user's own billed prices; a plan without any rule is nothing."""
    write_claude(home.path, [_line_with({"costUSD": 0.25})], session="aaaa")
    write_claude(home.path, [], session="bbbb")
    home.settings("config.toml", RULES[rules])
    home.settings(
        "prices.toml", ROW.format(model=SONNET, price=1).replace("virtual", "actual").replace("= 0\n", "= 1\n")
    )

    totals = _totals(home)

    assert totals["actual_cost_pico_usd"] == paid
    assert totals["virtual_cost_pico_usd"] == 2_580_000_000
    assert (totals["source_cost_usd"], totals["source_cost_pico_usd"]) == ("0.25", 250_000_000_000)


def test_a_change_of_rules_is_a_change_of_costs(home: fresh.Home) -> None:
    """The next report, without a refresh, pays by the new rule."""
    write_claude(home.path, [_line_with({"costUSD": 0.25})], session="aaaa")
    write_claude(home.path, [], session="bbbb")
    before = _totals(home)["actual_cost_pico_usd"]

    home.settings("config.toml", RULES["source"])

    assert (before, _asked(home, "--no-refresh")["totals"]["actual_cost_pico_usd"]) == (0, 250_000_000_000)


def test_paid_is_unknown_where_no_price_and_no_record_tells(home: fresh.Home) -> None:
    """`source` without a recorded cost and `pricing` without a row are null, never nothing."""
    for mode in ("source", "pricing"):
        home.settings("config.toml", RULES[mode])

        totals = _totals(home)

        assert (totals["actual_cost_usd"], totals["actual_cost_pico_usd"]) == (None, None)
        assert totals["source_cost_usd"] is None


def _rule(harness: str | None, provider: str | None, model: str | None, mode: Any) -> ActualRule:
    return ActualRule(harness, provider, model, mode)


@pytest.mark.parametrize(
    ("rules", "mode"),
    [
        ([], "zero"),
        ([(None, None, None, "pricing")], "pricing"),
        ([(None, None, None, "pricing"), (None, None, "m", "source")], "source"),
        ([(None, None, "m", "source"), (None, "p", None, "zero")], "zero"),
        ([(None, "p", "m", "zero"), ("claude", None, None, "pricing")], "pricing"),
        ([("claude", None, None, "pricing"), ("claude", None, "m", "zero")], "zero"),
        ([("claude", "p", "m", "source"), ("claude", None, "m", "zero")], "source"),
        ([("claude", None, None, "pricing"), ("claude", None, None, "zero")], "pricing"),
        ([("CLAUDE", "P", "M", "pricing")], "pricing"),
        ([("codex", None, None, "pricing")], "source"),
    ],
)
def test_the_most_specific_rule_wins_and_the_first_among_equals(
    tmp_path: Path, rules: list[tuple[Any, ...]], mode: str
) -> None:
    """Harness before provider before model; rules of the user replace the built-in ones, the default fills gaps."""
    settings = Settings(paths=None, actual_rules=tuple(_rule(*one) for one in rules))  # type: ignore[arg-type]

    assert costing.actual_mode(settings)("claude", "claude", "p", "m") == mode


def test_the_hash_of_costing_follows_what_decides_a_cost(tmp_path: Path) -> None:
    """A user row, an alias, an actual rule or a mode changes it; the place, order and spelling of rows do not."""
    row = '[[pricing.virtual]]\nprovider = "p"\nmodel = "m"\ninput_usd_per_1m = 3\noutput_usd_per_1m = 4\n'
    other = row.replace('"m"', '"n"')

    def of(prices: str = "", config: str = "") -> str:
        (tmp_path / "prices.toml").write_text(prices)
        (tmp_path / "config.toml").write_text(config)
        return costing.costing_hash(load(resolve_paths(config=str(tmp_path / "config.toml"), environ={}), {}))

    different = [
        of(),
        of(row),
        of(row.replace("= 3", "= 3.5")),
        of(row.replace("virtual", "actual")),
        of(row + 'aliases = ["x"]\n'),
        of(row + "valid_from = 2026-01-01\n"),
        of(row + other),
        of(row, '[costing.provider_aliases]\na = "p"\n'),
        of(row, '[costing.provider_aliases]\na = "q"\n'),
        of(row, '[[actual_cost]]\nmode = "zero"\n'),
        of(row, '[[actual_cost]]\nmode = "pricing"\n'),
        of(row, '[[actual_cost]]\nprovider = "p"\nmode = "pricing"\n'),
        of(row, '[costing]\ndefault_actual_mode = "zero"\n'),
    ]

    assert len(set(different)) == len(different)
    assert of("# moved\n" + row.replace("= 3", "= 3.0"), '[reports]\nrefresh = "never"\n') == of(row)
    assert of(row + other) == of(other + row)


def test_a_bridge_s_own_rule_comes_before_that_of_the_harness_behind_it() -> None:
    """However specific the other one is; without a rule for the bridge the inner harness decides."""
    rules = (_rule("claude", "p", "m", "zero"), _rule("harnessbridge", None, None, "source"))
    both = Settings(paths=None, actual_rules=rules)  # type: ignore[arg-type]
    inner = Settings(paths=None, actual_rules=rules[:1])  # type: ignore[arg-type]

    assert costing.actual_mode(both)("harnessbridge", "claude", "p", "m") == "source"
    assert costing.actual_mode(inner)("harnessbridge", "claude", "p", "m") == "zero"


def test_the_default_mode_holds_for_harnesses_nobody_knows() -> None:
    """Neither built in nor in a rule."""
    settings = Settings(paths=None, costing=Costing(default_actual_mode="pricing"))  # type: ignore[arg-type]

    assert costing.actual_mode(settings)("nobody", "nobody", "p", "m") == "pricing"


def test_list_prices_can_be_turned_off(home: fresh.Home) -> None:
    """`default_virtual_mode = zero`: no list price is shown for anything, and none is called zero dollars."""
    home.settings("config.toml", '[costing]\ndefault_virtual_mode = "zero"\n')

    totals = _totals(home)

    assert (totals["virtual_cost_usd"], totals["virtual_cost_pico_usd"]) == (None, None)
    assert "$0.00" not in home.ask("--db", home.path / "kept.db", "usage", "summary").out.partition("paid")[0]


# --- what has no price -----------------------------------------------------------------------------------------------


def test_what_has_no_price_is_null_in_json_and_a_dash_on_screen(home: fresh.Home) -> None:
    """Its tokens are shown; a total that holds some of it is marked as at least that much."""
    write_claude(home.path, [claude_line(1, output=5_000), claude_line(2, output=5_000)], session="aaaa")

    found = _asked(home)
    screen = home.ask("--db", home.path / "kept.db", "usage", "by", "model").out

    tomorrow = next(row for row in found["by_model"] if row["model"] == "claude-from-tomorrow")
    line = next(line for line in screen.splitlines() if line.startswith("claude-from-tomorrow"))
    assert (tomorrow["virtual_cost_usd"], tomorrow["unpriced_tokens"]) == (None, 1_310)
    assert (found["unpriced_models"], found["unpriced_tokens"]) == (1, 1_310)
    assert line.rstrip().endswith("—")
    assert "$" not in line
    assert "≥$0.15" in screen.splitlines()[-3]


def test_nothing_but_unpriced_usage_costs_null(home: fresh.Home) -> None:
    """The totals of such a ledger are unknown, not zero."""
    write_claude(home.path, [claude_line(1, model="claude-from-tomorrow")], session="aaaa")
    write_claude(home.path, [], session="bbbb")

    found = _totals(home)

    assert (found["virtual_cost_usd"], found["virtual_cost_pico_usd"], found["unpriced_calls"]) == (None, None, 1)
    assert "list price —" in home.ask("--db", home.path / "kept.db", "usage", "summary").out


# --- tiers -----------------------------------------------------------------------------------------------------------

TIERS = """
[[pricing.virtual]]
provider = "anthropic"
model = "claude-tiers"
input_usd_per_1m = 1
output_usd_per_1m = 10
cached_input_usd_per_1m = 1
cache_write_usd_per_1m = 1
context_max_tokens = 200000
[[pricing.virtual]]
provider = "anthropic"
model = "claude-tiers"
input_usd_per_1m = 2
output_usd_per_1m = 20
cached_input_usd_per_1m = 2
cache_write_usd_per_1m = 2
context_min_tokens = 200001
"""


def test_each_call_has_its_own_tier_whatever_they_sum_to(home: fresh.Home) -> None:
    """Two prompts of exactly the limit cost the lower price, one of a token more costs the higher one, all of it."""
    home.settings("prices.toml", TIERS)
    none = {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "cache_creation": None, "output_tokens": 1}
    full = [none | {"input_tokens": 150_000, "cache_read_input_tokens": 50_000}, none | {"input_tokens": 200_000}]
    above = none | {"input_tokens": 100_000, "cache_creation_input_tokens": 100_001}
    lines = [_line_with({}, usage, number=number) for number, usage in enumerate((*full, above))]
    write_claude(home.path, [line.replace(SONNET, "claude-tiers") for line in lines], session="aaaa")
    write_claude(home.path, [], session="bbbb")

    totals = _totals(home)

    low, high = 2 * (200_000 * 10**6 + 10 * 10**6), 200_001 * 2 * 10**6 + 20 * 10**6
    assert (totals["calls"], totals["virtual_cost_pico_usd"]) == (3, low + high)


def test_repricing_and_importing_agree_on_every_call(home: fresh.Home) -> None:
    """The stored rows of a repriced ledger are those of a new one: rate, paid, list price."""
    for name, prices in (("kept.db", ""), ("new.db", TIERS + ROW.format(model=SONNET, price=3))):
        home.settings("prices.toml", prices)
        home.ask("--db", home.path / name, "refresh")
    _asked(home, "--no-refresh")

    def rows(name: str) -> list[tuple[Any, ...]]:
        db = database.open_reader(str(home.path / name))
        assert db is not None
        try:
            return db.execute(
                """SELECT c.ts_ms, c.pos, c.actual_pico, c.virtual_pico, r.book, r.model, r.tier_min, r.p_in
                   FROM call c JOIN rate r ON r.id = c.rate ORDER BY 1, 2, 4"""
            ).fetchall()
        finally:
            db.close()

    assert rows("kept.db") == rows("new.db")


def test_a_newer_engine_prices_everything_again(home: fresh.Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The word that is kept beside the costs covers the arithmetic too."""
    home.ask("--db", home.path / "kept.db", "refresh")
    with sqlite3.connect(home.path / "kept.db") as db:
        db.execute("UPDATE call SET virtual_pico = 1")
    db.close()
    monkeypatch.setattr(costing, "ENGINE", 99)

    assert _asked(home, "--no-refresh")["totals"]["virtual_cost_pico_usd"] == 3 * 2_580_000_000
