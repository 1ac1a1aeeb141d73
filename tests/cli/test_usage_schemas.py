"""The JSON that is printed is what `docs/json/<kind>.schema.json` promises, key by key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from schema_check import faults

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMAS = Path(__file__).parents[2] / "docs" / "json"
QUESTIONS = [
    ("usage", "summary"), ("usage", "today", "--split-thinking", "--model", "forge-1"), ("usage", "day", "2020-01-01"),
    ("usage", "daily"), ("usage", "weekly", "--breakdown", "--harness", "codex"), ("usage", "monthly", "--instances"),
    ("usage", "sessions"), ("usage", "sessions", "--today", "--breakdown"), ("usage", "machines", "--this-week"),
    ("usage", "by", "hour,harness,provider,model,agent,effort,project,machine,session"), ("usage", "by", "month"),
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_json_is_as_documented(question: tuple[str, ...], answered: Callable[..., dict[str, Any]]) -> None:
    """No key is missing, none is undocumented, each has its type."""
    body = answered(*question)
    schema = json.loads((SCHEMAS / f"{body['kind']}.schema.json").read_text(encoding="utf-8"))

    assert list(faults(body, schema, schema)) == []
