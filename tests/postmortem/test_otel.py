"""Telemetry of Claude Code: all its forms, each token once and in its own class, calls before counters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyburn.api.traces import import_otel
from whyburn.errors import SourceError
from whyburn.postmortem.traces import otel
from whyburn.postmortem.traces.model import Usage
from whyburn.prices.overrides import PriceConfig

EXAMPLE = Path(__file__).parents[2] / "examples" / "claude_otel_sample.json"
USD = 10**12
SECOND = 10**9
START = 1_773_133_200 * SECOND
DELTA, CUMULATIVE = 1, 2


def attributes(**named: Any) -> list[dict[str, Any]]:
    """OTLP attributes; `__` in a name stands for a dot."""

    def tagged(value: Any) -> dict[str, Any]:
        if isinstance(value, bool):
            return {"boolValue": value}
        if isinstance(value, int):
            return {"intValue": str(value)}
        return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}

    return [{"key": name.replace("__", "."), "value": tagged(value)} for name, value in named.items()]


def point(value: Any, at: int = 10, start: int = 0, **named: Any) -> dict[str, Any]:
    """A data point so many seconds after the start."""
    named = {"session__id": "s1", "model": "m1", **named}
    times = {"startTimeUnixNano": str(START + start * SECOND), "timeUnixNano": str(START + at * SECOND)}
    return {
        **times,
        "attributes": attributes(**named),
        **({"asInt": value} if isinstance(value, str) else {"asDouble": value}),
    }


def metric(name: str, *points: dict[str, Any], temporality: Any = DELTA, kind: str = "sum") -> dict[str, Any]:
    """A metric of Claude Code."""
    data = {"dataPoints": list(points), **({"aggregationTemporality": temporality} if kind == "sum" else {})}
    return {"name": f"claude_code.{name}", kind: data}


def log(name: str, at: int = 10, body: str | None = None, **named: Any) -> dict[str, Any]:
    """A log record as Claude Code writes it: the name in the body, and without prefix in an attribute."""
    named = {"event__name": name, "session__id": "s1", **named}
    said = {"stringValue": f"claude_code.{name}" if body is None else body}
    return {"timeUnixNano": str(START + at * SECOND), "body": said, "attributes": attributes(**named)}


def request(**named: Any) -> dict[str, Any]:
    """One logged request."""
    usual = {
        "model": "m1",
        "input_tokens": 10,
        "output_tokens": 20,
        "cache_read_tokens": 30,
        "cache_creation_tokens": 40,
    }
    return log("api_request", **{**usual, "cost_usd": 0.5, "duration_ms": 900, **named})


def document(*metrics: dict[str, Any], logs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """An export."""
    found: dict[str, Any] = {"resourceMetrics": [{"scopeMetrics": [{"metrics": list(metrics)}]}]}
    if logs:
        found["resourceLogs"] = [{"scopeLogs": [{"logRecords": logs}]}]
    return found


def read(value: Any, **options: Any) -> Any:
    """The trace of an export."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return otel.read(data, "x.json", **options)


def usages(value: Any) -> list[Usage]:
    """What is billed in an export."""
    return [one.usage for one in read(value).records if one.usage is not None]


# --- counters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("input", Usage(input=7)), ("output", Usage(output=7)), ("cacheRead", Usage(cache_read=7)),
        ("cacheCreation", Usage(write_other=7)), ("CACHE-READ", Usage(cache_read=7)),
        ("cache.creation", Usage(write_other=7)), ("Completion-Tokens", Usage(output=7)),
        ("response", Usage(output=7)), ("output.token", Usage(output=7)), ("", Usage(input=7)),
        ("thoughts", Usage(unsorted=7)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("attribute", ["type", "token__type", "usage__type", "usage_type"])
def test_the_classes_of_tokens_stay_apart(kind: str, expected: Usage, attribute: str) -> None:
    """Each type is its own class, in any spelling; a type that nobody knows is counted and never priced as input."""
    assert usages(document(metric("token.usage", point("7", **{attribute: kind})))) == [expected]


def test_counters_merge_by_session_and_model() -> None:
    """Tokens and dollars of one session and model are one record; other sessions and models are others."""
    found = read(document(
        metric("token.usage", point("7", type="input"), point("8", type="output"),
               point("9", type="input", model="m2"), point("5", type="input", session__id="s2")),
        metric("cost.usage", point(0.25), point(0.5, model="m2")),
    )).records  # fmt: skip

    assert [(one.session, one.model, one.usage, one.recorded_pico) for one in found] == [
        ("s1", "m1", Usage(input=7, output=8), USD // 4), ("s1", "m2", Usage(input=9), USD // 2),
        ("s2", "m1", Usage(input=5), None),
    ]  # fmt: skip
    assert all(one.sum_of_calls for one in found)


@pytest.mark.parametrize("temporality", [2, "2", "AGGREGATION_TEMPORALITY_CUMULATIVE"])
def test_cumulative_counters_are_not_added_up(temporality: Any) -> None:
    """A point adds what it exceeds the one before it of the same series and start, in whatever order they come."""
    points = [point("40", at=30, type="input"), point("10", at=10, type="input"), point("25", at=20, type="input")]

    assert usages(document(metric("token.usage", *points, temporality=temporality))) == [Usage(input=40)]


def test_a_new_start_begins_a_new_count() -> None:
    """A restarted process counts from zero again, told by its start time or by a counter that fell."""
    restarted = [point("40", at=30, type="input"), point("15", at=50, start=40, type="input")]
    fell = [point("40", at=30, type="input"), point("15", at=50, type="input")]

    for points in (restarted, fell):
        assert usages(document(metric("token.usage", *points, temporality=CUMULATIVE))) == [Usage(input=55)]


def test_series_do_not_mix() -> None:
    """Cumulative points of other attributes or another process are series of their own."""
    same = [point("40", type="input"), point("30", type="output", at=20)]
    one, two = (document(metric("token.usage", point("40", type="input"), temporality=2)) for _ in range(2))
    two["resourceMetrics"][0]["resource"] = {"attributes": attributes(host__name="other")}

    assert usages(document(metric("token.usage", *same, temporality=2))) == [Usage(input=40, output=30)]
    assert usages([one, two]) == [Usage(input=80)]


def test_a_delta_that_was_exported_twice_counts_once() -> None:
    """The same series, start and time is one point; two equal amounts at different times are two."""
    twice = [point("7", type="input"), point("7", type="input")]
    other = [point("7", at=10, type="input"), point("7", at=20, type="input")]

    assert usages(document(metric("token.usage", *twice))) == [Usage(input=7)]
    assert usages(document(metric("token.usage", *other))) == [Usage(input=14)]


def test_a_gauge_is_a_level() -> None:
    """Points of a gauge are read like a cumulative counter."""
    points = [point("10", at=10, type="input"), point("25", at=20, type="input")]

    assert usages(document(metric("token.usage", *points, kind="gauge"))) == [Usage(input=25)]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12), st.randoms())
def test_delta_and_cumulative_tell_the_same(amounts: list[int], random: Any) -> None:
    """The same usage in both temporalities gives the same sums, in any order of points."""
    delta = [point(str(n), at=at + 1, type="output") for at, n in enumerate(amounts)]
    running = [point(str(sum(amounts[: at + 1])), at=at + 1, type="output") for at in range(len(amounts))]
    random.shuffle(running)
    one, other = (metric("token.usage", *points, temporality=kind) for points, kind in ((delta, 1), (running, 2)))

    expected = [Usage(output=sum(amounts))] if sum(amounts) else []
    assert usages(document(one)) == usages(document(other)) == expected


# --- requests ---------------------------------------------------------------------------------------------------------


def test_a_request_is_a_call() -> None:
    """A logged request has its tokens by class, its dollars, its time and how long it took."""
    found = read(document(logs=[request(speed="fast")])).records[0]

    assert found.usage == Usage(input=10, cache_read=30, write_other=40, output=20)
    assert (found.recorded_pico, found.latency_ms, found.at_ms) == (USD // 2, 900, START // 10**6 + 10_000)
    assert (found.model, found.provider, found.speed, found.sum_of_calls) == ("m1", "anthropic", "fast", False)


def test_requests_beat_counters() -> None:
    """Counters of a session and model with logged requests are left out; those of others stay; a note says so."""
    trace = read(document(
        metric("token.usage", point("1000", type="input"), point("5", type="input", model="m2"),
               point("6", type="input", session__id="s2")),
        metric("cost.usage", point(0.5)), logs=[request()],
    ))  # fmt: skip

    assert sum(one.usage.total for one in trace.records if one.usage) == 100 + 5 + 6
    assert sum(one.recorded_pico or 0 for one in trace.records) == USD // 2
    assert any("left out" in note for note in trace.notes)
    assert any("900 tokens more" in note for note in trace.notes)


def test_counters_without_a_session_are_the_same_usage() -> None:
    """Where the counters do not name the session, requests of the same model tell their usage."""
    trace = read(document(metric("token.usage", point("80", type="input", session__id="")), logs=[request()]))

    assert [one.usage.total for one in trace.records if one.usage] == [100]


def test_numbers_may_be_texts() -> None:
    """Claude Code exports numbers as texts in some versions."""
    found = read(document(logs=[request(input_tokens="10", cost_usd="0.5", duration_ms="900")])).records[0]

    assert (found.usage.input, found.recorded_pico, found.latency_ms) == (10, USD // 2, 900)


# --- other logs -------------------------------------------------------------------------------------------------------


def test_a_tool_result_is_an_event_without_cost() -> None:
    """Its tool, command, file, time and failure are told; no tokens are billed for it."""
    parameters = json.dumps({"bash_command": "pytest", "full_command": "pytest -q tests"})
    logs = [
        log(
            "tool_result",
            tool_name="Bash",
            success="false",
            duration_ms=50,
            tool_parameters=parameters,
            error="2 failed",
        ),
        log("tool_result", tool_name="Read", success="true", file_path="a/b.py", tool_result_size_bytes=4000),
        log("tool_result", body="wrote src/x.py and see https://h.example/y.py", tool__name="Write"),
    ]
    failed, fine, wrote = read(document(logs=logs)).records

    assert (failed.command, failed.category, failed.failed, failed.usage) == (
        "pytest -q tests",
        "error_log",
        True,
        None,
    )
    assert (fine.files, fine.tokens, fine.estimated, fine.failed) == (("a/b.py",), 1000, True, False)
    assert (wrote.tool, wrote.files, wrote.preview[:5]) == ("Write", ("src/x.py",), "wrote")


def test_an_error_is_a_failure() -> None:
    """A record with an error in its name failed."""
    found = read(document(logs=[log("api_error", model="m1", error="overloaded", duration_ms=5)])).records[0]

    assert (found.failed, found.step, found.error, found.usage) == (True, "api_error", "overloaded", None)


def test_other_services_are_passed_over() -> None:
    """Metrics and logs of other programs in the same export are not ours."""
    other = {"name": "http.requests", "sum": {"dataPoints": [point("5", type="input")]}}
    trace = read(document(other, logs=[request(), log("startup", body="hello")]))

    assert len(trace.records) == 1


# --- forms ------------------------------------------------------------------------------------------------------------

FLAT_TOKENS = {"name": "claude_code.token.usage", "value": "7", "attributes": {"type": "output", "model": "m1"}}
FLAT_CALL = {"event.name": "claude_code.api_request", "model": "m1", "input_tokens": 10, "cost_usd": "0.5"}


@pytest.mark.parametrize(
    "value",
    [
        FLAT_TOKENS,
        [FLAT_TOKENS],
        {"metric": "claude_code.token.usage", "asInt": 7, "type": "output", "model": "m1"},
        {"metric": "claude_code.token.usage", "doubleValue": 7.0, "attributes": attributes(type="output")},
        json.dumps(FLAT_TOKENS).encode() + b"\n",
        b"\n".join(
            [json.dumps({**FLAT_TOKENS, "value": 3}).encode(), json.dumps({**FLAT_TOKENS, "value": 4}).encode()]
        ),
        b"\xef\xbb\xbf" + json.dumps(FLAT_TOKENS, indent=1).encode(),
        {"scopeMetrics": [{"metrics": [metric("token.usage", point("7", type="output"))]}]},
    ],
    ids=["object", "array", "other names", "list of attributes", "one line", "lines", "mark", "without resource"],
)
def test_the_forms_of_an_export(value: Any) -> None:
    """OTLP or flat, an object, an array or lines: the same usage."""
    assert usages(value) == [Usage(output=7)]


def test_flat_logs() -> None:
    """A flat request is a call; a flat log with a body is an event."""
    call, said = read([FLAT_CALL, {"name": "claude_code.tool_result", "body": "done", "tool": "Bash"}]).records

    assert (call.usage, call.recorded_pico) == (Usage(input=10), USD // 2)
    assert (said.tool, said.preview, said.category) == ("Bash", "done", "tool_output")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"name": "other", "value": 3}', b"3"])
def test_nothing_usable_is_an_error(data: bytes) -> None:
    """A file without telemetry of Claude Code is said to be none."""
    with pytest.raises(SourceError, match=r"x\.json: no telemetry of Claude Code"):
        read(data)


def test_broken_json_is_an_error_with_its_place() -> None:
    """A broken document names the line where it broke; a broken line of a line file its own, or it is skipped."""
    with pytest.raises(SourceError, match=r"x\.json:3: not JSON"):
        read(b'{\n "a": 1,\n oops\n}')
    broken = json.dumps(FLAT_TOKENS).encode() + b"\n{oops\n"
    with pytest.raises(SourceError, match=r"x\.json:2: not JSON"):
        read(broken)

    assert [one.line for one in read(broken, lenient=True).skipped] == [2]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
WORDS = (
    "resourceMetrics scopeMetrics metrics name sum dataPoints value attributes key asInt resourceLogs scopeLogs "
    "logRecords body stringValue arrayValue kvlistValue values type"
)
KEYS = st.sampled_from(WORDS.split())
NAMES = st.sampled_from(["claude_code.token.usage", "claude_code.api_request"])
SHAPES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner | NAMES, max_size=4),
    max_leaves=20,
)


@given(SHAPES)
def test_no_shape_of_data_breaks_the_reader(value: Any) -> None:
    """Whatever a file holds, it is read or refused in one line."""
    try:
        read(value)
    except SourceError as error:
        assert "\n" not in str(error)  # noqa: PT017  both ends are fine


# --- the whole --------------------------------------------------------------------------------------------------------


def test_prices_of_the_source_claude_apply(tmp_path: Path) -> None:
    """An export is Claude's: given prices bill each class at its own price; writes without lifetime as short ones."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document(logs=[request()])), encoding="utf-8")
    prices = PriceConfig.from_flags({
        "input_price_per_mtok": "10", "cache_read_price_per_mtok": "1", "cache_write_price_per_mtok": "12.5",
        "output_price_per_mtok": "50",
    })  # fmt: skip
    found = import_otel(str(path), prices=prices)

    assert found.summary.by_basis == {"given": 10 * 10**7 + 30 * 10**6 + 40 * 12_500_000 + 20 * 5 * 10**7}
    assert found.summary.recorded_pico == USD // 2


def test_the_example_counts_every_token_once() -> None:
    """In the bundled export the requests of one session and the counters of the other make the total."""
    found = import_otel(str(EXAMPLE), budget_pico=USD)

    assert found.summary.recorded_pico == 218_720_000_000
    assert found.summary.billed == Usage(1439, 81_100, 0, 0, 27_900, 1920)
    assert found.trace.sessions == 2
    assert found.case.limits[-1].startswith("counters of sessions with logged requests are left out")
    assert "Made-up demo data" in EXAMPLE.read_text(encoding="utf-8")
