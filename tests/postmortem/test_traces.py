"""Accounting of traces: every field is understood under each of its names, sums are exact, no saving is invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyburn.api.traces import analyze_trace
from whyburn.errors import SourceError
from whyburn.postmortem.traces import jsonl
from whyburn.postmortem.traces.model import Usage
from whyburn.postmortem.traces.values import instant, pico
from whyburn.prices.overrides import PriceConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.postmortem.traces.model import Event
    from whyburn.postmortem.traces.result import Analysis

EXAMPLE = Path(__file__).parents[2] / "examples" / "whyburn_trace.jsonl"
USD = 10**12
PRICES = PriceConfig.from_flags({
    "input_price_per_mtok": "10", "cache_read_price_per_mtok": "1", "cache_write_price_per_mtok": "12",
    "output_price_per_mtok": "50",
})  # fmt: skip
"""Ten dollars a million: 10 micro-dollars a token."""


def lines(*records: dict[str, Any]) -> list[bytes]:
    """Records as the lines of a file."""
    return [json.dumps(one).encode() for one in records]


def event(**fields: Any) -> Event:
    """The event of one record."""
    return jsonl.read(lines(fields), "t.jsonl").records[0]


@pytest.fixture
def analysed(tmp_path: Path) -> Any:
    """Analyse records as a file; `raw` lines stand before them."""

    def run(*records: dict[str, Any], raw: Iterable[bytes] = (), **options: Any) -> Analysis:
        path = tmp_path / "trace.jsonl"
        path.write_bytes(b"\n".join([*raw, *lines(*records)]))
        return analyze_trace(str(path), **options)

    return run


def titles(analysis: Analysis) -> list[str]:
    """What the findings are called."""
    return [one.title for one in analysis.findings]


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("aliases", "value", "field", "expected"),
    [
        (jsonl.STEP, "plan", "step", "plan"),
        (jsonl.MODEL, "m-1", "model", "m-1"),
        (jsonl.TOOL, "shell", "tool", "shell"),
        (jsonl.COMMAND, "make all", "command", "make all"),
        (jsonl.TOKENS, "1,5", "tokens", 0),
        (jsonl.TOKENS, 12.0, "tokens", 12),
        (jsonl.INPUT, "7", "usage", Usage(input=7)),
        (jsonl.OUTPUT, 8, "usage", Usage(output=8)),
        (jsonl.CACHED, 9, "usage", Usage(cache_read=9)),
        (jsonl.WRITTEN, 10, "usage", Usage(write_other=10)),
        (jsonl.TOTAL, 11, "usage", Usage(unsorted=11)),
        (jsonl.COST, "0.25", "recorded_pico", USD // 4),
        (jsonl.LATENCY, "1500", "latency_ms", 1500),
        (jsonl.STATUS, "Timeout", "status", "timeout"),
        (jsonl.ERROR, "no such file", "error", "no such file"),
        (jsonl.FILES, "a.py, b.py,a.py", "files", ("a.py", "b.py")),
        (jsonl.FILES, [{"path": "a.py"}, "b.py"], "files", ("a.py", "b.py")),
        (jsonl.CONTEXT_HASH, "h1", "content_hash", "h1"),
        (jsonl.CONTENT_HASH, "h2", "content_hash", "h2"),
        (jsonl.TIME, "2026-03-10T09:00:00Z", "at_ms", 1773133200000),
        (jsonl.CATEGORY, "Search Output", "category", "search_output"),
    ],
)
def test_a_field_is_known_by_all_its_names(aliases: tuple[str, ...], value: Any, field: str, expected: Any) -> None:
    """Each alias alone gives the field, and the first of them wins over the others."""
    for name in aliases:
        assert getattr(event(**{name: value}), field) == expected, name
    assert getattr(event(**{aliases[-1]: "other", aliases[0]: value}), field) == expected


@pytest.mark.parametrize("name", [*jsonl.SESSION])
def test_the_session_is_named_by_the_file_or_by_a_record(name: str) -> None:
    """The first session id in the file names it, else the file does."""
    assert jsonl.read(lines({"step": "a"}, {name: "run-7"}), "x/t.jsonl").session == "run-7"
    assert jsonl.read(lines({"step": "a"}), "x/t.demo.jsonl").session == "t"


def test_the_title_and_folder_are_the_first_seen() -> None:
    """Title and folder come from the first record that has them."""
    found = jsonl.read(lines({"step": "a"}, {"title": "one", "cwd": "/w"}, {"session_title": "two"}), "t")

    assert (found.title, found.cwd) == ("one", "/w")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"usage": {"input_tokens": 5, "output_tokens": 6}}, Usage(input=5, output=6)),
        ({"usage": {"inputtokens": "5", "outputtokens": 6.0}}, Usage(input=5, output=6)),
        ({"input_tokens": 1, "usage": {"input_tokens": 5}}, Usage(input=1)),
        ({"input_tokens": 5, "cached_input_tokens": 3, "output_tokens": 2}, Usage(5, 3, output=2)),
        ({"input_tokens": 5, "cached_input_tokens": 3, "output_tokens": 2, "total_tokens": 10}, Usage(5, 3, output=2)),
        ({"input_tokens": 5, "cached_input_tokens": 3, "output_tokens": 2, "total_tokens": 7}, Usage(2, 3, output=2)),
        ({"usage": {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}}}, Usage(2, 3)),
        ({"cache_creation_input_tokens": 9, "cache_creation": {"ephemeral_5m_input_tokens": 2,
                                                                "ephemeral_1h_input_tokens": 4}}, Usage(0, 0, 2, 4, 3)),
        ({"input_tokens": 5, "total_tokens": 9}, Usage(input=5, unsorted=4)),
        ({"input_tokens": -5}, None), ({"input_tokens": True}, None), ({"input_tokens": "many"}, None),
        ({"input_tokens": 10**30}, None), ({"text": "hello"}, None),
    ],
)  # fmt: skip
def test_billed_tokens_are_disjoint(record: dict[str, Any], expected: Usage | None) -> None:
    """Cached tokens stand beside the input unless the total says that they are within it; nonsense is no count."""
    assert event(**record).usage == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"status": "failed", "command": "pytest"}, "error_log"), ({"error": "boom", "role": "user"}, "error_log"),
        ({"is_error": True}, "error_log"), ({"exit_code": 2}, "error_log"),
        ({"command": "cd x && npm test"}, "test_log"), ({"cmd": "pip install y"}, "install_log"),
        ({"command": "rg --files"}, "search_output"), ({"command": "echo ' passed'"}, "tool_output"),
        ({"tool": "browser"}, "tool_output"), ({"tool": "none"}, "assistant_message"),
        ({"role": "user"}, "user_message"), ({"tool": "assistant"}, "assistant_message"), ({}, "assistant_message"),
    ],
)  # fmt: skip
def test_a_category_is_inferred_in_order(record: dict[str, Any], expected: str) -> None:
    """Failures first, then what a command is about, then who speaks; words of an output decide nothing."""
    assert event(text="3 passed, find added", **record).category == expected


def test_tokens_of_a_text_are_called_estimated() -> None:
    """Without any count the length of the text stands in, and it says so."""
    counted, estimated = event(tokens=5, text="x" * 400), event(text="x" * 400)

    assert (counted.tokens, counted.estimated) == (5, False)
    assert (estimated.tokens, estimated.estimated) == (100, True)


def test_a_preview_is_one_short_line() -> None:
    """White space is collapsed, and the ellipsis is within the limit."""
    shown = event(text="a\n\tb  " + "c" * 999).preview

    assert shown.startswith("a b c")
    assert (len(shown), shown[-1]) == (240, "…")


def test_comments_and_blank_lines_are_no_records() -> None:
    """Lines that are empty or begin with # are passed over; a byte order mark and CRLF do no harm."""
    raw = [b"\xef\xbb\xbf# note\r\n", b"\n", b"  \n", b'{"step": "a"}\r\n']

    assert [(one.line, one.step) for one in jsonl.read(raw, "t").records] == [(4, "a")]


@pytest.mark.parametrize("bad", [b"{", b"[1]", b"3", b'{"a": ' + b"[" * 100_000, b'{"tokens": ' + b"9" * 5000 + b"}"])
def test_a_bad_line_is_an_error_with_its_place(bad: bytes, analysed: Any) -> None:
    """A line that is no JSON object ends the reading with path and line, unless bad lines are to be counted."""
    with pytest.raises(SourceError, match=r"trace\.jsonl:2: not (a )?JSON"):
        analysed({"step": "a"}, raw=[b"# x", bad])
    found = analysed({"step": "a"}, raw=[b"# x", bad], lenient=True)

    assert [one.line for one in found.trace.skipped] == [2]
    assert found.summary.events == 1


def test_bytes_that_are_no_text_cost_nothing() -> None:
    """Invalid UTF-8 is replaced, and the record counts."""
    found = jsonl.read([b'{"text": "caf\xe9 \\ud800", "tokens": 3}'], "t").records[0]

    assert found.tokens == 3
    found.preview.encode("utf-8")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=6,
)  # fmt: skip
FIELDS = st.sampled_from([
    *jsonl.STEP, *jsonl.MODEL, *jsonl.TOOL, *jsonl.COMMAND, *jsonl.TEXT, *jsonl.TOKENS, *jsonl.INPUT, *jsonl.OUTPUT,
    *jsonl.COST, *jsonl.LATENCY, *jsonl.STATUS, *jsonl.ERROR, *jsonl.FILES, *jsonl.TIME, *jsonl.CATEGORY, "usage",
    "exit_code", "is_error", "cache_creation", "role", "kind", *jsonl.SESSION,
])  # fmt: skip


@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=6), max_size=5))
def test_no_field_breaks_the_reader(records: list[dict[str, Any]]) -> None:
    """Whatever stands in a field, every record is an event, and what cannot be understood is unknown."""
    found = _analysis_of(records, None)

    assert len(found.trace.records) == len(records)
    json.dumps(found.as_dict(), ensure_ascii=False, allow_nan=False).encode("utf-8")


def test_a_usage_record_is_no_event(analysed: Any) -> None:
    """A record that only counts tokens is billed and is not an event; one that repeats an event's call is left out."""
    found = analysed(
        {"step": "a", "call_id": "c1", "input_tokens": 5, "cost_usd": 1},
        {"kind": "token_usage", "call_id": "c1", "input_tokens": 5, "cost_usd": 1},
        {"type": "usage", "usage": {"input_tokens": 7}, "cost_usd": "0.5"},
    )

    assert (found.summary.events, found.summary.usage_records) == (1, 1)
    assert found.summary.cost_pico == USD * 3 // 2
    assert found.summary.billed == Usage(input=12)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-10T10:00:00+01:00", 1773133200000), (1773133200, 1773133200000), (1773133200000, 1773133200000),
        ("1773133200.5", 1773133200500), (1773133200000000000, 1773133200000), (1773133200000000, 1773133200000),
        ("soon", None), (-1, None), (True, None), ({}, None), ("99999-01-01", None),
    ],
)  # fmt: skip
def test_instants_in_all_units(value: object, expected: int | None) -> None:
    """A time may be an ISO text or a number of seconds, milli-, micro- or nanoseconds; anything else is unknown."""
    assert instant(value) == expected


@pytest.mark.parametrize(("value", "expected"), [("$1.50", 15 * 10**11), ("1e-12", 1), (0, 0), ("-1", None),
                                                ("1e99", None), ("nan", None), (None, None), ([], None)])  # fmt: skip
def test_dollars_are_exact_or_unknown(value: object, expected: int | None) -> None:
    """A cost is whole pico-dollars; what is none, negative or beyond reason is unknown."""
    assert pico(value) == expected


# --- costs ------------------------------------------------------------------------------------------------------------


def test_recorded_dollars_hold_without_prices(analysed: Any) -> None:
    """What the trace recorded is its cost, also where the price book would say something else."""
    found = analysed({"model": "claude-opus-4-5", "input_tokens": 1000, "cost_usd": "0.123456789012"})

    assert found.summary.cost_pico == 123_456_789_012
    assert found.summary.by_basis == {"recorded": 123_456_789_012}
    assert found.prices == "costs as recorded"


def test_the_price_book_prices_what_has_no_cost(analysed: Any) -> None:
    """A listed model's tokens are priced by class at the time of the event; an unlisted one's have no cost."""
    found = analysed(
        {"model": "claude-opus-4-5", "input_tokens": 1000, "cache_read_input_tokens": 1000, "output_tokens": 100,
         "timestamp": "2026-03-10T09:00:00Z"},
        {"model": "nobody-lists-it", "input_tokens": 50},
    )  # fmt: skip

    assert found.summary.by_basis == {"list": 1000 * 5_000_000 + 1000 * 500_000 + 100 * 25_000_000}
    assert (found.summary.unpriced_events, found.summary.unpriced_tokens) == (1, 50)
    assert found.prices.startswith("the price book of 20")


def test_given_prices_win_over_recorded_dollars(analysed: Any) -> None:
    """Prices that were given are used for every event with tokens; what was recorded stays beside it."""
    found = analysed({"model": "m", "input_tokens": 100, "cost_usd": 1}, {"cost_usd": 2}, prices=PRICES)

    assert found.summary.by_basis == {"given": 100 * 10_000_000, "recorded": 2 * USD}
    assert found.summary.recorded_pico == 3 * USD
    assert "price options" in found.prices


def test_pricing_can_be_switched_off(analysed: Any) -> None:
    """With all prices zero nothing is priced, not even by the price book."""
    off = PriceConfig.from_flags({"input_price_per_mtok": "0", "output_price_per_mtok": "0"})
    found = analysed({"model": "claude-opus-4-5", "input_tokens": 9}, prices=off)

    assert found.summary.cost_pico is None
    assert found.prices == "pricing is off (price options)"


def test_tokens_of_an_unknown_class_have_no_price(analysed: Any) -> None:
    """A total without classes is counted and not priced."""
    found = analysed({"model": "m", "total_tokens": 100}, prices=PRICES)

    assert (found.summary.cost_pico, found.summary.unpriced_tokens, found.summary.tokens) == (None, 100, 100)


RECORDS = st.lists(
    st.fixed_dictionaries({}, optional={
        "step": st.sampled_from(["plan", "search", "edit", "test", "read", "a", "b", "c"]),
        "model": st.sampled_from(["claude-opus-4-5", "claude-haiku-4-5", "gpt-5.4", "x", ""]),
        "input_tokens": st.integers(0, 10**6), "output_tokens": st.integers(0, 10**5),
        "cached_input_tokens": st.integers(0, 10**6), "cost_usd": st.decimals(0, 100, places=12).map(str),
        "latency_ms": st.integers(0, 10**6), "status": st.sampled_from(["ok", "failed"]),
        "command": st.sampled_from(["pytest -q", "rg x", "ls"]), "files": st.sampled_from([["a.py"], ["a.py", "b.py"]]),
        "prompt_hash": st.sampled_from(["h", "g"]), "timestamp": st.integers(1773133200, 1773133900),
        "error": st.sampled_from(["", "boom 1", "boom 2"]), "kind": st.sampled_from(["usage", "event"]),
    }), max_size=25,
)  # fmt: skip


@given(RECORDS, st.booleans())
def test_breakdowns_sum_to_the_total_and_savings_stay_below_it(
    records: list[dict[str, Any]], given_prices: bool
) -> None:
    """By model and by step, costs sum to the total to the pico-dollar; all savings together never exceed it."""
    found = _analysis_of(records, PRICES if given_prices else None)
    shares, whole = found.breakdowns, found.summary.cost_pico or 0

    assert sum(one.value for one in shares["cost_by_model"]) == whole
    assert sum(one.value for one in shares["cost_by_step"]) == whole
    assert sum(one.value for one in shares["latency_by_step_ms"]) == (found.summary.latency_ms or 0)
    assert sum(found.summary.by_basis.values()) == whole
    assert all(len(rows) <= 5 for rows in shares.values())
    assert 0 <= (found.saving_pico or 0) <= whole
    for one in found.recommendations:
        assert one.saving_pico is None or (one.saving_pico > 0 and one.inputs)
    for driver in found.as_dict()["cost_drivers"]:
        assert 0 <= driver["impact_share"] <= 1


def _analysis_of(records: list[dict[str, Any]], prices: PriceConfig | None) -> Analysis:
    """An analysis without a file: hypothesis and fixtures of a function do not go together."""
    from whyburn.api import traces

    trace = jsonl.read(lines(*records), "t")
    return traces._analysed(trace, None, prices, None, lambda text: text, source=None)


# --- findings and savings ---------------------------------------------------------------------------------------------


def test_an_empty_trace_is_one_warning(analysed: Any) -> None:
    """A file without events gives one finding, no sums and no error."""
    found = analysed(raw=[b"# nothing"])

    assert [(one.severity, one.title) for one in found.findings] == [("warning", "Nothing to analyse")]
    assert (found.summary.cost_pico, found.recommendations, found.case.drivers) == (None, [], [])


def test_nothing_stands_out_is_a_finding(analysed: Any) -> None:
    """A quiet trace says so."""
    assert titles(analysed({"step": "a", "tokens": 3})) == ["Nothing stands out"]


@pytest.mark.parametrize(("budget", "expected"), [(2 * USD, False), (USD, False), (USD - 1, True), (None, None)])
def test_a_budget_is_judged_to_the_pico_dollar(analysed: Any, budget: int | None, expected: bool | None) -> None:
    """The cost may reach the budget and not exceed it."""
    found = analysed({"cost_usd": 1}, budget_pico=budget)

    assert found.over_budget is expected
    assert ("Over budget" in titles(found)) is bool(expected)


def test_a_budget_without_any_cost_cannot_be_judged(analysed: Any) -> None:
    """Unknown is not nothing: no verdict where no cost is known."""
    found = analysed({"step": "a"}, budget_pico=USD)

    assert found.over_budget is None
    assert titles(found) == ["The budget cannot be judged"]


@pytest.mark.parametrize(("costs", "dominates"), [((50, 50), True), ((49, 26, 25), False), ((1,), False)])
def test_a_dominant_step_has_half_of_the_cost(analysed: Any, costs: tuple[int, ...], dominates: bool) -> None:
    """One of several steps with at least half of the cost is named."""
    found = analysed(*({"step": f"s{n}", "cost_usd": cost} for n, cost in enumerate(costs)))

    assert ("One step dominates the cost" in titles(found)) is dominates


@pytest.mark.parametrize(("latencies", "slow"), [((1000, 1000, 5001), True), ((1000, 1000, 5000), False),
                                                ((2000, 2000, 6000), False), ((1000, 9000), False)])  # fmt: skip
def test_a_slow_step_is_far_above_the_median(analysed: Any, latencies: tuple[int, ...], slow: bool) -> None:
    """More than three times the median, more than five seconds, among at least three timed events."""
    found = analysed(*({"step": "s", "latency_ms": one} for one in latencies))

    assert ("Slow step" in titles(found)) is slow


@pytest.mark.parametrize(("model", "step", "hit"), [
    ("claude-opus-4-5", "search", True), ("claude-opus-4-5", "implement", False), ("claude-haiku-4-5", "search", False),
    ("gpt-5-mini", "list_files", False), ("gpt-5", "list_files", True), ("prophet-1", "plan", False),
])  # fmt: skip
def test_a_strong_model_on_a_simple_step(analysed: Any, model: str, step: str, hit: bool) -> None:
    """Whole words of names decide what is strong and what is simple."""
    assert (
        "Strong model on simple steps" in titles(analysed({"model": model, "step": step, "input_tokens": 1}))
    ) is hit


def test_a_cheaper_model_is_one_that_the_trace_uses(analysed: Any) -> None:
    """The saving is the difference of two bills of the same tokens, and its inputs are shown."""
    call = {"timestamp": "2026-03-10T09:00:00Z", "input_tokens": 10_000, "output_tokens": 100}
    alone = analysed({"step": "search", "model": "claude-opus-4-5", **call})
    pair = analysed(
        {"step": "search", "model": "claude-opus-4-5", **call}, {"step": "x", "model": "claude-haiku-4-5", **call}
    )

    assert alone.saving_pico is None
    assert pair.saving_pico == 10_000 * 4_000_000 + 100 * 20_000_000
    assert ("to", "claude-haiku-4-5") in pair.recommendations[0].inputs


def test_another_model_would_not_have_the_cache(analysed: Any) -> None:
    """Tokens that were read from a cache count as new input for the other model: here that is no saving."""
    call = {"timestamp": "2026-03-10T09:00:00Z", "cache_read_input_tokens": 100_000, "output_tokens": 100}
    found = analysed(
        {"step": "search", "model": "claude-opus-4-5", **call}, {"step": "x", "model": "claude-haiku-4-5", **call}
    )

    assert found.saving_pico is None


def sent(at: int, *, tokens: int = 1000, **more: Any) -> dict[str, Any]:
    """A call that sends the same prompt as all others of its kind."""
    return {
        "step": f"s{at}",
        "model": "m",
        "prompt_hash": "h",
        "input_tokens": tokens,
        "timestamp": 1773133200 + at,
        **more,
    }


def test_a_prompt_that_comes_again_in_time_could_have_been_cached(analysed: Any) -> None:
    """Later calls within five minutes pay the cache's price instead of the input's, less the writing of the cache."""
    found = analysed(sent(0), sent(300), sent(600, tokens=900), prices=PRICES)

    assert found.saving_pico == 2 * 900 * 9_000_000 - 900 * 2_000_000
    assert found.recommendations[0].title.startswith("Cache the context")


@pytest.mark.parametrize("records", [
    (sent(0), sent(301)),
    (sent(0), sent(10, model="n")),
    (sent(0), {**sent(10), "timestamp": None}),
    (sent(0), {**sent(10), "prompt_hash": None, "content_hash": "h"}),
    [{**sent(at), "prompt_hash": None, "text": "long words " * 99} for at in (0, 9)],
], ids=["too late", "another model", "no time", "hash of something else", "hash of a text"])  # fmt: skip
def test_without_proof_there_is_no_saving(analysed: Any, records: tuple[dict[str, Any], ...]) -> None:
    """Where the trace does not show that a cache would have served the call, no saving is claimed."""
    assert analysed(*records, prices=PRICES).saving_pico is None


def test_an_event_is_claimed_once(analysed: Any) -> None:
    """A search that a cheaper model should have done is not saved on a second time by a cache."""
    call = {"timestamp": "2026-03-10T09:00:00Z", "input_tokens": 10_000, "prompt_hash": "h"}
    search = {"step": "search", "model": "claude-opus-4-5", **call}
    found = analysed(search, search, {"step": "x", "model": "claude-haiku-4-5", "input_tokens": 1})

    assert [one.saving_pico for one in found.recommendations if one.saving_pico] == [2 * 10_000 * 4_000_000]
    assert found.saving_pico == 2 * 10_000 * 4_000_000


def test_without_counted_tokens_only_the_exposed_cost_is_shown(analysed: Any) -> None:
    """Recorded dollars alone tell what is exposed to a repetition, not what would have been saved."""
    found = analysed(*({"step": "x", "content_hash": "h", "cost_usd": 2, "tokens": 10} for _ in range(3)))

    repeated = next(one for one in found.recommendations if one.title == "Send repeated context once")
    assert (repeated.saving_pico, repeated.exposed_pico, found.saving_pico) == (None, 4 * USD, None)
    assert found.as_dict()["summary"]["projected_cost_usd"] is None


def run_of(command: str = "pytest -q", error: str = "AssertionError: 1 != 2", **more: Any) -> dict[str, Any]:
    """A failing run of a command."""
    return {"command": command, "status": "failed", "error": error, "tokens": 100, **more}


@pytest.mark.parametrize(
    ("between", "again"),
    [
        ([], 1),
        ([{"role": "assistant", "text": "let me try again"}], 1),
        ([{"command": "ls", "status": "failed"}], 1),
        ([{"tool": "edit", "files": ["a.py"]}], 0),
        ([{"command": "apply_patch x"}], 0),
        ([{"role": "user", "text": "try the other one"}], 0),
        ([{"tool": "read", "files": ["new.py"]}], 0),
        ([{"tool": "read", "files": ["known.py"]}], 1),
        ([{"command": "cat notes.txt", "text": "aha"}], 0),
        ([run_of(status="ok", error="")], 0),
    ],
)
def test_a_retry_needs_new_evidence(analysed: Any, between: list[dict[str, Any]], again: int) -> None:
    """A failing command that runs again is a loop only where nothing was learnt in between."""
    found = analysed({"tool": "read", "files": ["known.py"]}, run_of(), *between, run_of())

    assert ("Retries without new evidence" in titles(found)) is bool(again)


def test_equal_failures_differ_in_numbers_only(analysed: Any) -> None:
    """Other numbers, addresses and temporary paths are the same failure; another error is new evidence."""
    same = analysed(run_of(error="x at 0x7f3 in /tmp/a1/b, 3 s"), run_of(error="x at 0x99f in /tmp/zz/c, 5 s"))
    other = analysed(run_of(error="KeyError"), run_of(error="ValueError"))

    assert "Retries without new evidence" in titles(same)
    assert "Retries without new evidence" not in titles(other)


def test_a_retry_that_was_billed_is_a_saving(analysed: Any) -> None:
    """The whole cost of a run with counted tokens before which nothing had changed would not have been paid."""
    call = run_of(model="m", input_tokens=100)
    found = analysed(call, call, call, prices=PRICES)

    assert found.saving_pico == 2 * 100 * 10_000_000


def test_files_that_come_again(analysed: Any) -> None:
    """Each file counts its part of an event's tokens, the first time not."""
    found = analysed(*({"tool": "read", "files": ["a.py", "b.py"], "tokens": 100} for _ in range(3)))

    assert [(one.name, one.tokens) for one in found.files] == [("a.py", 100), ("b.py", 100)]
    assert "Repeated files" in titles(found)


def test_a_name_is_sensitive_by_whole_words(analysed: Any) -> None:
    """An edited `auth/login.py` is a risk; `author.py` is not, and a file that was only read is not."""

    def risks(**record: Any) -> set[str]:
        return {one.name for one in analysed(record).case.process.risks}

    assert "Sensitive area touched" in risks(tool="edit", files=["src/auth/check.py"])
    assert "Sensitive area touched" not in risks(tool="edit", files=["src/author.py"])
    assert "Sensitive area touched" not in risks(tool="read", files=["src/auth/check.py"])


def test_drift_is_told_by_the_calls_prompts(analysed: Any) -> None:
    """A prompt that grows over six calls is a driver with the line where it was first far above its beginning."""
    grown = analysed(*({"model": "m", "input_tokens": size} for size in (1000, 1000, 1100, 3000, 4000, 5000)))
    steady = analysed(*({"model": "m", "input_tokens": size} for size in (1000, 1000, 1100, 1300, 1400, 1450)))

    assert [one.name for one in grown.case.drivers] == ["Session drift"]
    assert {one.label: one.line for one in grown.case.drift}["first far above"] == 4
    assert steady.case.drivers == []


def test_verification_counts_only_after_the_last_edit(analysed: Any) -> None:
    """Passing tests after the last edit speak for the result; an edit after the last test is weak verification."""
    edit, test = {"tool": "edit", "files": ["a.py"]}, {"command": "pytest -q", "status": "ok"}

    assert analysed(edit, test).case.process.value == "strong"
    assert analysed(test, edit).case.process.shape == "implementation without verification"


# --- privacy ----------------------------------------------------------------------------------------------------------


def test_every_text_passes_through_the_redactor(analysed: Any) -> None:
    """No text of the trace reaches the result unmasked; what an event is, is told before its texts are masked."""
    secret = "hunter2-secret-77"
    record = {
        "session_id": secret, "title": secret, "cwd": f"/{secret}", "step": f"{secret}", "tool": f"t {secret}",
        "command": f"pytest {secret}", "status": "failed", "error": secret, "files": [f"{secret}.py"],
        "text": f"{secret} " * 60, "content_hash": secret, "tokens": 900,
    }  # fmt: skip
    found = analysed(record, record, record, redact=lambda text: text.replace(secret, "▮"))

    assert secret not in json.dumps(found.as_dict())
    assert "Retries without new evidence" in titles(found)


def test_json_texts_are_bounded(analysed: Any) -> None:
    """A text of a trace takes at most 160 characters in JSON, 80 in a sentence."""
    found = analysed(*(run_of(command="make " + "x" * 3000, error="e" * 3000) for _ in range(3))).as_dict()

    assert max(len(one) for one in _texts(found)) <= 500
    assert len(found["failures"][0]["command"]) == 160


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


def test_the_example_shows_what_it_promises() -> None:
    """The bundled trace has a retry loop, repeated context and files, a dear model on simple steps, and savings."""
    found = analyze_trace(str(EXAMPLE), budget_pico=2 * USD)

    assert found.over_budget is False
    assert {one.name for one in found.case.drivers} >= {
        "Retry loop", "Repeated context", "Repeated file", "Long tool output", "Error and test log noise",
        "Expensive model on low-value step",
    }  # fmt: skip
    assert 0 < (found.saving_pico or 0) < (found.summary.cost_pico or 0)
    assert "Made-up demo data" in EXAMPLE.read_text(encoding="utf-8").splitlines()[0]
