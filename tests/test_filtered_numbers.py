"""A filter means the same in every view, also for names that normalisation changes, and for what is drawn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import fresh
from tiny import claude_line, write_claude
from whyburn import api
from whyburn.api.usage import When
from whyburn.usage.selection import Filters

if TYPE_CHECKING:
    from pathlib import Path

VIEWS = [("summary",), ("monthly",), ("by", "provider,model"), ("by", "month"), ("sessions",)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> fresh.Home:
    """A Codex thread of a provider and a model with unusual names, beside Claude sessions with two models."""
    fresh.move_in(monkeypatch, tmp_path)
    thread = "019a0000-0000-7000-8000-000000000001"
    rollout = tmp_path / f".codex/sessions/2026/rollout-2026-03-02T10-00-00-{thread}.jsonl"
    counts = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
    info = {"total_token_usage": counts, "last_token_usage": counts}
    records = [
        ("session_meta", {"id": thread, "cwd": "/home/ana/shop", "model_provider": "My_Provider X"}),
        ("turn_context", {"cwd": "/home/ana/shop", "model": "通义千问"}),
        ("event_msg", {"type": "token_count", "info": info}),
    ]
    rollout.parent.mkdir(parents=True)
    rollout.write_text("".join(
        json.dumps({"timestamp": "2026-03-02T10:00:01.000Z", "type": kind, "payload": payload}) + "\n"
        for kind, payload in records
    ))  # fmt: skip
    models = ["claude-haiku-4-5-20251001", "claude-opus-4-5-20251101"] * 3
    write_claude(tmp_path, [
        claude_line(number, model=model, stamp=f"2026-03-02T1{number}:00:00.000Z")
        for number, model in enumerate(models)
    ])  # fmt: skip
    found = fresh.Home(tmp_path, capsys)
    assert found.ask("refresh").code == 0
    return found


def _totals(home: fresh.Home, *words: str) -> dict[str, Any]:
    code, out, err = home.ask("usage", *words, "--utc", "--no-refresh", "--json")
    assert (code, err) == (0, "")
    totals: dict[str, Any] = json.loads(out)["totals"]
    return totals


@pytest.mark.parametrize(
    "options",
    [("--provider", "My_Provider X"), ("--provider", "my-provider-x"), ("--model", "通义千问"),
     ("--model", "通义千问", "--model", "claude-haiku-4-5-20251001"), ("--model", "unknown")],
    ids=" ".join,
)  # fmt: skip
def test_a_name_of_any_shape_selects_the_same_calls_in_every_view(home: fresh.Home, options: tuple[str, ...]) -> None:
    """Hourly sums hold normalised names, quarter-hour sums raw ones: which of them answers must not matter."""
    expected = 4 if len(options) > 2 else 1

    assert [_totals(home, *view, *options)["calls"] for view in VIEWS] == [expected] * len(VIEWS)


@pytest.mark.parametrize("filters", [Filters(model=("claude-haiku-4-5-20251001",)), Filters(agent=("main",))])
def test_the_sparkline_of_a_filtered_session_sums_to_its_cost(home: fresh.Home, filters: Filters) -> None:
    """What is drawn is what is asked for."""
    with api.open_workspace() as workspace:
        assert workspace.paths.db == str(home.ledger)
        _, report = api.usage_sessions_report(workspace, When(), filters, spark=True, policy="never")

    row = max(report.rows, key=lambda one: one.totals.calls)
    assert row.totals.calls > 1
    assert sum(row.spark) == row.totals.virtual_pico
