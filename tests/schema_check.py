"""JSON held against a schema: the few keywords that our schemas use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "boolean": (bool,), "null": (type(None),),
}  # fmt: skip


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any], place: str = "$") -> Iterator[str]:
    """What a value has that its schema does not allow: the few keywords that our schemas use."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "const" in schema and value != schema["const"]:
        yield f"{place} is not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} is none of {schema['enum']}"
    yield from _type_faults(value, schema, place)
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: {value} does not match {schema['pattern']}"
    if isinstance(value, int) and value < schema.get("minimum", value):
        yield f"{place}: {value} is too small"
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


def _type_faults(value: Any, schema: dict[str, Any], place: str) -> Iterator[str]:
    wanted = schema.get("type", [])
    kinds = [wanted] if isinstance(wanted, str) else wanted
    allowed = tuple(one for kind in kinds for one in TYPES[kind])
    if kinds and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
        yield f"{place} is {type(value).__name__}, not {wanted}"
