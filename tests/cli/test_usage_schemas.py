"""The JSON that is printed is what `docs/json/<kind>.schema.json` promises, key by key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMAS = Path(__file__).parents[2] / "docs" / "json"
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "null": type(None),
}  # fmt: skip
QUESTIONS = [
    ("usage", "summary"), ("usage", "today", "--split-thinking", "--model", "forge-1"), ("usage", "day", "2020-01-01"),
    ("usage", "daily"), ("usage", "weekly", "--breakdown", "--harness", "codex"), ("usage", "monthly", "--instances"),
    ("usage", "sessions"), ("usage", "sessions", "--today", "--breakdown"), ("usage", "machines", "--this-week"),
    ("usage", "by", "hour,harness,provider,model,agent,effort,project,machine,session"), ("usage", "by", "month"),
]  # fmt: skip


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any], place: str = "$") -> Iterator[str]:
    """What a value has that its schema does not allow: the few keywords that our schemas use."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "const" in schema and value != schema["const"]:
        yield f"{place} is not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} is none of {schema['enum']}"
    wanted = schema.get("type", [])
    kinds = [wanted] if isinstance(wanted, str) else wanted
    if kinds and not any(isinstance(value, TYPES[kind]) for kind in kinds):
        yield f"{place} is no {wanted}"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: {value} does not match"
    if isinstance(value, dict):
        known, other = schema.get("properties", {}), schema.get("additionalProperties", True)
        yield from (f"{place} lacks {name}" for name in schema.get("required", []) if name not in value)
        for name, part in value.items():
            if name not in known and other is False:
                yield f"{place}.{name} is not in the schema"
            elif name in known or isinstance(other, dict):
                yield from faults(part, known.get(name, other), root, f"{place}.{name}")
    if isinstance(value, list) and "items" in schema:
        for n, part in enumerate(value):
            yield from faults(part, schema["items"], root, f"{place}[{n}]")


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_json_is_as_documented(question: tuple[str, ...], answered: Callable[..., dict[str, Any]]) -> None:
    """No key is missing, none is undocumented, each has its type."""
    body = answered(*question)
    schema = json.loads((SCHEMAS / f"{body['kind']}.schema.json").read_text(encoding="utf-8"))

    assert list(faults(body, schema, schema)) == []
