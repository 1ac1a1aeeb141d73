"""`whyburn scan`, and the group of each harness that holds it: lists to choose a session from, and the verbs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schema_check import faults
from whyburn.harnesses import registry

if TYPE_CHECKING:
    import daywork

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/json/scan.schema.json").read_text(encoding="utf-8"))


def test_recent_sessions_are_listed_newest_first(day: daywork.Day) -> None:
    """Id, time, folder, tokens, cost and title; and what to type next."""
    text = day.said("scan")
    lines = text.splitlines()

    assert lines[0] == "scan · 4 sessions"
    assert [line.split()[3] for line in lines[2:6]] == ["3d1f0a52", "3d19b7c1", "019a0001", "5c00aa10"]
    assert "2026-11-21 10:21" in lines[2]
    assert "~/shop/api" in lines[2]
    assert "608.7k" in lines[2]
    assert "fix car" in lines[2]
    assert "whyburn why 3d1f0a52" in lines[-1]


@pytest.mark.parametrize(("words", "kind", "count"), [
    (("scan",), "scan", 4), (("claude", "scan"), "claude_scan", 3), (("codex", "scan"), "codex_scan", 1),
    (("scan", "--harness", "codex"), "scan", 1), (("scan", "--limit", "2"), "scan", 2),
    (("scan", "--project", "web"), "scan", 2), (("scan", "--cwd", "/home/ana/shop"), "scan", 3),
    (("scan", "--project", "sho"), "scan", 0),
], ids=str)  # fmt: skip
def test_lists_can_be_narrowed(words: tuple[str, ...], kind: str, count: int, day: daywork.Day) -> None:
    """By harness, folder and project (whole parts of a path only), and cut; JSON is as documented, also when empty."""
    body = day.answered(*words)

    assert (body["kind"], len(body["sessions"])) == (kind, count)
    assert list(faults(body, SCHEMA, SCHEMA)) == []


def test_the_older_tools_names_are_there(day: daywork.Day) -> None:
    """`rollout_path` for Codex, `messages` for Claude, `tokens_used` and `updated_at` for both."""
    claude, codex = day.answered("claude", "scan")["sessions"][0], day.answered("codex", "scan")["sessions"][0]

    assert claude["messages"] == claude["calls"] == 13
    assert codex["rollout_path"] == codex["path"]
    assert codex["path"].startswith("~/.codex/sessions/")
    assert (codex["tokens_used"], codex["cost_usd"]) == (25_380, None)
    assert claude["updated_at"] == "2026-11-21T09:21:36Z"


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
@pytest.mark.parametrize("command", [("scan",), ("codex", "scan"), ("overview",)])
def test_a_limit_is_one_at_least(command: tuple[str, ...], limit: str, day: daywork.Day) -> None:
    """The older tool turned 0 into its default; here it is a usage error."""
    assert "--limit" in day.refused(2, *command, "--limit", limit)


def test_titles_are_hidden_on_request(day: daywork.Day) -> None:
    """Titles and folders become pseudonyms."""
    text = day.said("scan", "--redact", "share")

    assert "rounding" not in text
    assert "shop" not in text
    assert "path-" in text


def test_without_sessions_it_says_what_to_type(tmp_path: Path, day: daywork.Day) -> None:
    """Exit 0: nothing is an answer; JSON is an empty list."""
    empty = tmp_path / "empty"
    empty.mkdir()

    assert "no sessions" in day.said("claude", "scan", "--claude-home", empty)
    assert day.answered("claude", "scan", "--claude-home", empty)["sessions"] == []


# --- the groups -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("harness", registry.names())
def test_every_harness_is_a_group_of_the_verbs(harness: str, day: daywork.Day) -> None:
    """Each verb has help with an example of its own; a bare group shows what it has."""
    shown = day.said(harness)

    for verb in ("scan", "explain", "report", "overview"):
        assert verb in shown
        assert f"whyburn {harness} {verb}" in day.said(harness, verb, "--help")


def test_only_claude_imports_telemetry(day: daywork.Day) -> None:
    """`claude import-otel` is there, and no other harness has it."""
    assert "import-otel" in day.said("claude")
    assert "No such command" in day.refused(2, "codex", "import-otel")


def test_an_unknown_command_names_the_nearest(day: daywork.Day) -> None:
    """Harnesses among them."""
    assert "codex" in day.refused(2, "codec", "scan")
