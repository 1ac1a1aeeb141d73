"""A telemetry export taken apart: metric points and log records, out of OTLP's nesting or from flat records.

Counters come in two ways. A delta point adds its value. A cumulative one repeats everything since its start, so it adds
what it exceeds the point before it of the same series and start; a counter that fell began anew. A gauge is a level and
is read like a cumulative counter. A point that was exported twice (same series, start and time) counts once.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from whyburn.postmortem.traces.values import decimal, first, instant, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PREFIX = "claude_code."
NAMES = ("name", "metric", "event", "event_name", "event.name", "type")
EVENTS = frozenset({
    "api_request", "api_error", "api_refusal", "user_prompt", "assistant_response", "tool_result", "tool_decision",
})  # fmt: skip
"""Events that a record may name without the prefix."""
_VALUES = ("asDouble", "asInt", "doubleValue", "intValue", "value")
_SCALARS = ("stringValue", "intValue", "doubleValue", "boolValue", "bytesValue")
_DEEPEST = 8
Attributes = dict[str, Any]


class Point(NamedTuple):
    """One value of one metric; `value` is what it adds after `added`."""

    line: int
    name: str
    """Without the prefix."""
    attributes: Attributes
    value: Decimal
    start_ns: int
    at_ns: int
    cumulative: bool
    origin: str
    """The resource that sent it: series of two processes are not one."""

    @property
    def series(self) -> tuple[object, ...]:
        """Equal for the points of one counter."""
        return (self.name, self.origin, tuple(sorted((name, str(value)) for name, value in self.attributes.items())))


class Log(NamedTuple):
    """One log record."""

    line: int
    name: str
    """Without the prefix."""
    attributes: Attributes
    body: str
    at_ms: int | None


def flatten(value: Any, line: int) -> Iterator[Point | Log]:
    """Every point and log of Claude Code in a decoded document or line; what else is in it is passed over."""
    if isinstance(value, list):
        for place, one in enumerate(value, line):
            yield from flatten(one, place)
    elif isinstance(value, dict):
        nested = [*_objects(value, "resourceMetrics"), *_objects(value, "resourceLogs")]
        if not nested and ("scopeMetrics" in value or "scopeLogs" in value):
            nested = [value]
        for place, resource in enumerate(nested, line):
            yield from _resource(resource, place)
        if not nested:
            yield from _flat(value, line)


def added(points: Iterable[Point]) -> list[Point]:
    """The points with what each of them adds, in the order of the export."""
    known: dict[tuple[object, ...], Decimal] = {}
    seen: set[tuple[object, ...]] = set()
    found: list[Point] = []
    for point in sorted(points, key=lambda one: (one.start_ns, one.at_ns)):
        moment = (*point.series, point.start_ns, point.at_ns)
        if point.at_ns and moment in seen and not point.cumulative:
            continue
        seen.add(moment)
        if point.cumulative:
            key = (*point.series, point.start_ns)
            before = known.get(key, Decimal(0))
            known[key] = point.value
            point = point._replace(value=point.value - before if point.value >= before else point.value)  # noqa: PLW2901
        found.append(point)
    return sorted(found, key=lambda one: one.line)


# --- OTLP -------------------------------------------------------------------------------------------------------------


def _resource(resource: Mapping[str, Any], line: int) -> Iterator[Point | Log]:
    of_resource = attributes_of(_object(resource, "resource").get("attributes"))
    origin = str(sorted((name, str(value)) for name, value in of_resource.items()))
    for scope in _objects(resource, "scopeMetrics"):
        for metric in _objects(scope, "metrics"):
            yield from _metric(metric, of_resource, origin, line)
    for scope in _objects(resource, "scopeLogs"):
        for record in _objects(scope, "logRecords"):
            yield from _log(record, of_resource, line)


def _metric(metric: Mapping[str, Any], of_resource: Attributes, origin: str, line: int) -> Iterator[Point]:
    name = text(metric.get("name"))
    if not name.startswith(PREFIX):
        return
    for kind in ("sum", "gauge"):
        data = _object(metric, kind)
        cumulative = kind == "gauge" or is_cumulative(data.get("aggregationTemporality"))
        for one in _objects(data, "dataPoints"):
            value = decimal(first(one, _VALUES))
            if value is not None:
                attributes = {**of_resource, **attributes_of(one.get("attributes"))}
                yield Point(line, name.removeprefix(PREFIX), attributes, value, _nanos(one.get("startTimeUnixNano")),
                            _nanos(one.get("timeUnixNano")), cumulative, origin)  # fmt: skip


def _log(record: Mapping[str, Any], of_resource: Attributes, line: int) -> Iterator[Log]:
    own = attributes_of(record.get("attributes"))
    body = text(any_value(record.get("body")))
    told = (record.get("eventName"), own.get("event.name"), body, own.get("name"))
    name = next((one for one in map(text, told) if one.startswith(PREFIX) or one in EVENTS), "")
    if name:
        at = first(record, ("timeUnixNano", "observedTimeUnixNano")) or own.get("event.timestamp")
        said = "" if body.removeprefix(PREFIX) == name.removeprefix(PREFIX) else body
        yield Log(line, name.removeprefix(PREFIX), {**of_resource, **own}, said, instant(at))


def is_cumulative(value: object) -> bool:
    """Whether a temporality, as number or word, means sums since a start; an unknown one means increments."""
    return str(value).upper().endswith("CUMULATIVE") or value in (2, "2")


# --- flat records -----------------------------------------------------------------------------------------------------


def _flat(record: Mapping[str, Any], line: int) -> Iterator[Point | Log]:
    attributes = {**{name: value for name, value in record.items() if name not in {"attributes", "resource"}},
                  **attributes_of(_object(record, "resource").get("attributes")),
                  **attributes_of(record.get("attributes"))}  # fmt: skip
    name = text(first(record, NAMES)) or text(attributes.get("event.name"))
    if not name.startswith(PREFIX) and name not in EVENTS:
        return
    plain = name.removeprefix(PREFIX)
    value = decimal(any_value(first(record, _VALUES)))
    body = text(any_value(first(record, ("body", "message"))))
    at = first(record, ("timeUnixNano", "timestamp", "time", "event.timestamp")) or attributes.get("event.timestamp")
    if plain in EVENTS or body or value is None:
        if plain in EVENTS or body or any(part in plain for part in ("log", "error", "tool_result")):
            yield Log(line, plain, attributes, "" if body.removeprefix(PREFIX) == plain else body, instant(at))
        return
    cumulative = is_cumulative(first(record, ("aggregationTemporality", "temporality")))
    named = attributes_of(record.get("attributes")) or {
        key: value for key, value in record.items() if key not in (*NAMES[:5], *_VALUES, *_FRAME)
    }
    yield Point(line, plain, named, value, _nanos(record.get("startTimeUnixNano")), _nanos(at), cumulative, "")


_FRAME = ("attributes", "resource", "timeUnixNano", "startTimeUnixNano", "timestamp", "time", "unit", "description",
          "aggregationTemporality", "temporality")  # fmt: skip
"""Fields of a flat record that do not name its series."""


# --- pieces -----------------------------------------------------------------------------------------------------------


def attributes_of(value: Any) -> Attributes:
    """Attributes, as OTLP's list of keys and values or as a plain object."""
    if isinstance(value, list):
        pairs = [one for one in value if isinstance(one, dict) and isinstance(one.get("key"), str)]
        return {one["key"]: any_value(one.get("value")) for one in pairs}
    return {name: any_value(one) for name, one in value.items()} if isinstance(value, dict) else {}


def any_value(value: Any, deep: int = 0) -> Any:
    """OTLP's tagged value as a plain one."""
    if not isinstance(value, dict) or deep > _DEEPEST:
        return value
    for name in _SCALARS:
        if name in value:
            return value[name]
    if "arrayValue" in value:
        return [any_value(one, deep + 1) for one in _objects(_object(value, "arrayValue"), "values")]
    if "kvlistValue" in value:
        pairs = _objects(_object(value, "kvlistValue"), "values")
        return {text(one.get("key")): any_value(one.get("value"), deep + 1) for one in pairs}
    return value


def _object(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _objects(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = value.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _nanos(value: object) -> int:
    found = decimal(value)
    if found is not None:
        return int(found) if 0 <= found < 10**20 else 0
    at_ms = instant(value)
    return 0 if at_ms is None else at_ms * 10**6
