"""Law 6: whatever stands in a log, an import ends well, counts nothing below zero and reports what it skipped.

Valid trees are mutated: bytes flipped, lines cut, values swapped for ones of another type, size or encoding.
"""

from __future__ import annotations

import json
import os
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from laws import claude_logs, codex_logs
from laws.trees import LONG, Tree, rows, workshop
from support import ingest

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = 1_000 if LONG else 60
TREES = {"claude": claude_logs.tree(4), "codex": codex_logs.tree(5)}
COUNTS = ("input", "output", "reasoning", "cache_read", "w5", "w1", "wother", "searches", "requests", "duration_ms")
MONEY = ("source_pico", "actual_pico", "virtual_pico")
RAW: dict[str, bytes] = {
    "null": b"null", "true": b"true", "minus": b"-1", "huge": b"1" + b"0" * 40, "minus_huge": b"-1" + b"0" * 40,
    "past_64_bits": b"9223372036854775808", "fraction": b"1.5", "tiny": b"1e-400", "infinite": b"1e400",
    "beyond_decimal": b"1e99999999999999999999", "nan": b"NaN", "minus_infinity": b"-Infinity",
    "text": b'"12"', "empty": b'""',
    "surrogate": b'"\\ud800"', "bad_utf8": b'"\xff\xfe"', "nul": b'"\\u0000"', "list": b"[]",
    "object": b"{}", "digit": '"²"'.encode(),
    "nested": b"[" * 3_000 + b"]" * 3_000, "early": b'"0001-01-01T00:00:00+23:59"', "late": b'"9999-12-31T23:59:59Z"',
    "strings": b'["a"]', "objects": b'[{"type":1}]', "long": b'"' + b"x" * 5_000 + b'"', "digits": b"1" * 5_000,
    "digits_as_text": b'"' + b"1" * 5_000 + b'"',
}  # fmt: skip
"""Values that stand where others are expected, as the bytes of a log."""
_MARK = "\u0001mark\u0001"


@cache
def places(harness: str) -> list[tuple[str, int, tuple[Any, ...]]]:
    """Every field of a tree, once for each different way to it: (file, line, way)."""
    seen: set[tuple[Any, ...]] = set()
    found = []
    for path, lines in TREES[harness].files.items():
        for nth, line in enumerate(lines):
            record = json.loads(line)
            for way in _ways(record):
                shape = (
                    record["type"],
                    record.get("payload", {}).get("type"),
                    *(key for key in way if isinstance(key, str)),
                )
                if shape not in seen:
                    seen.add(shape)
                    found.append((path, nth, way))
    return found


def _ways(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [before] * bool(before) + [way for key, one in inner for way in _ways(one, (*before, key))]


def with_value(line: bytes, way: tuple[Any, ...], raw: bytes) -> bytes:
    """A line with other bytes in the place of one value."""
    record = holder = json.loads(line)
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = _MARK
    return json.dumps(record).encode().replace(json.dumps(_MARK).encode(), raw)


def import_well(tree: Tree) -> list[tuple[Any, ...]]:
    """Import a damaged tree and check what must hold of its ledger; its problems as (path, position, reason)."""
    with workshop() as folder:
        ledger, root = folder / "ledger.db", tree.write(folder / "logs")
        done = ingest(ledger, tree.harness, root)
        assert_healthy(ledger)
        problems = rows(ledger, "SELECT s.path, p.pos, p.reason FROM problem p LEFT JOIN source s ON s.id = p.source")
        assert done.problems == len(problems)
        for path, pos, reason in problems:
            size = os.path.getsize(path)
            assert 0 <= pos < size
            assert reason
        return problems


def assert_healthy(ledger: Path) -> None:
    """Counts and money are integers or unknown, and no count is negative."""
    for name in (*COUNTS, *MONEY):
        assert rows(ledger, f"SELECT {name} FROM call WHERE typeof({name}) NOT IN ('integer', 'null')") == []
    for name in (*COUNTS, "source_pico", "virtual_pico"):
        assert rows(ledger, f"SELECT {name} FROM call WHERE {name} < 0") == []
    for name in ("used_bp", "window_min"):
        assert rows(ledger, f"SELECT {name} FROM quota WHERE typeof({name}) <> 'integer' OR {name} < 0") == []
    assert rows(ledger, "SELECT reasoning FROM call WHERE reasoning > output") == []


def damaged(harness: str, path: str, nth: int, line: bytes) -> Tree:
    """A tree with one other line."""
    tree = TREES[harness]
    return tree._replace(files=tree.files | {path: [*tree.files[path][:nth], line, *tree.files[path][nth + 1 :]]})


@pytest.mark.parametrize("value", RAW)
@pytest.mark.parametrize("harness", TREES)
def test_any_field_may_hold_a_value_of_any_kind(harness: str, value: str) -> None:
    """Each field of each kind of record in turn; one tree holds them all, each in a line of its own file."""
    tree = TREES[harness]
    files = dict(tree.files)
    for number, (path, nth, way) in enumerate(places(harness)):
        folder, _, name = path.rpartition("/")
        lines = list(tree.files[path])
        lines[nth] = with_value(lines[nth], way, RAW[value])
        files[f"{folder}/mutant{number}/{name}"] = lines

    import_well(tree._replace(files=files))


def test_reading_again_does_not_count_problems_again() -> None:
    """A complete second reading reports what it found, not what was known before."""
    tree = damaged("claude", next(iter(TREES["claude"].files)), 1, b'{"output_tokens":')
    with workshop() as folder:
        root = tree.write(folder / "logs")
        done = ingest(folder / "ledger.db", "claude", root)

        again = ingest(folder / "ledger.db", "claude", root, full=True)

        assert (done.problems, again.problems) == (1, 1)
        assert rows(folder / "ledger.db", "SELECT sum(problems) FROM source") == [(1,)]


@pytest.mark.parametrize("extra", [
    b'"usage":{"output_tokens":5,"server_tool_use":{"web_search_requests":%s}}',
    b'"usage":{"output_tokens":5,"iterations":[{"type":"advisor_message","output_tokens":%s}]}',
    b'"usage":{"output_tokens":5,"iterations":[{"type":"message","output_tokens":%s},{"type":"message","output_tokens":1}]}',
    b'"usage":{"output_tokens":5,"output_tokens_details":{"thinking_tokens":%s}}',
    b'"usage":{"output_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":%s}}',
    b'"usage":{"output_tokens":5}},"costUSD":%s,"x":{"y":1',
    b'"usage":{"output_tokens":5}},"version":%s,"x":{"y":1',
    b'"content":[{"type":"tool_use","id":"t","input":{"subagent_type":"Explore","p":%s}}],"usage":{"output_tokens":5}',
], ids=["searches", "advisor", "parts", "thinking", "writes", "cost", "version", "tool_input"])  # fmt: skip
def test_rare_fields_of_a_response_may_hold_a_value_of_any_kind(extra: bytes) -> None:
    """The fields that few records have: iterations, searches, recorded costs, versions, tool input."""
    head = b'{"type":"assistant","sessionId":"s","timestamp":"2026-08-03T09:14:07Z","message":{"id":"m%d","model":"x",'
    lines = [head % n + extra % raw + b"}}" for n, raw in enumerate(RAW.values())]

    import_well(Tree("claude", {f"projects/p/{n}.jsonl": [line] for n, line in enumerate(lines)}, {}, {}))


@pytest.mark.parametrize("payload", [
    b'"rate_limits":{"limit_id":%s,"primary":{"used_percent":5,"window_minutes":300}}',
    b'"rate_limits":{"primary":{"used_percent":%s,"window_minutes":300}}',
    b'"rate_limits":{"primary":{"used_percent":5,"window_minutes":%s}}',
    b'"rate_limits":{"primary":{"used_percent":5,"window_minutes":300,"resets_at":%s}}',
    b'"rate_limits":{"primary":{"used_percent":5,"window_minutes":300,"resets_in_seconds":%s}}',
    b'"info":{"total_token_usage":{"input_tokens":%s}}',
    b'"info":{"total_token_usage":{"total_tokens":%s},"last_token_usage":{"input_tokens":7}}',
], ids=["limit", "percent", "window", "resets_at", "resets_in", "total", "estimate"])  # fmt: skip
def test_rare_fields_of_a_counter_may_hold_a_value_of_any_kind(payload: bytes) -> None:
    """Rate limits and running totals."""
    head = b'{"timestamp":"2026-09-02T08:30:31.540Z","type":"event_msg","payload":{"type":"token_count",'
    lines = [head + payload % raw + b"}}" for raw in RAW.values()]

    import_well(Tree("codex", {f"sessions/rollout-{n}.jsonl": [line] for n, line in enumerate(lines)}, {}, {}))


@pytest.mark.parametrize(
    "field", ["id", "session_id", "parent_thread_id", "source", "subagent_history_start_ordinal", "git", "cwd"]
)
def test_the_first_line_of_a_rollout_may_hold_a_value_of_any_kind(field: str) -> None:
    """Whose history follows is read from fields that other front ends write too."""
    after = TREES["codex"].files[next(iter(TREES["codex"].files))][1:4]
    meta = {"id": "thread", "parent_thread_id": "parent"}
    head = b'{"timestamp":"2026-09-02T08:30:11.204Z","ordinal":0,"type":"session_meta","payload":'
    files = {}
    for n, raw in enumerate(RAW.values()):
        text = json.dumps(meta | {field: _MARK}).encode().replace(json.dumps(_MARK).encode(), raw)
        files[f"sessions/rollout-{n}.jsonl"] = [head + text + b"}", *after]

    import_well(Tree("codex", files, {}, {}))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(sorted(TREES)), st.integers(0, 10**6))
@example("claude", 0)
@example("codex", 0)
def test_flipped_and_cut_bytes_cost_their_lines_only(harness: str, seed: int) -> None:
    """A few damaged places; every line that was not touched is imported."""
    rng = Random(seed)
    tree = TREES[harness]
    path = rng.choice(sorted(tree.files))
    nth = rng.randrange(len(tree.files[path]))

    import_well(damaged(harness, path, nth, _mutated(rng, tree.files[path][nth])))


def _mutated(rng: Random, line: bytes) -> bytes:
    text = bytearray(line)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text)) if text else 0
        action = rng.randrange(5)
        if action == 0 and text:
            text[at] ^= 1 << rng.randrange(8)
        elif action == 1:
            del text[at:]
        elif action == 2:
            text[at:at] = rng.choice(sorted(RAW.values()))
        elif action == 3:
            del text[at : at + rng.randrange(20)]
        else:
            text[at : at + 4] = b"\0" * 4
    return bytes(text)


def test_a_problem_names_its_file_and_its_line() -> None:
    """Two broken lines among good ones are reported where they begin; the good ones count."""
    good = TREES["claude"].files[next(iter(TREES["claude"].files))]
    broken = b'{"type":"assistant","message":{"usage":{"output_tokens":'
    lines = [good[0], broken, *good[1:], broken]

    problems = import_well(Tree("claude", {"projects/p/s.jsonl": lines}, {}, {}))

    assert {len(good[0]) + 1, sum(len(line) + 1 for line in lines[:-1])} == {pos for _, pos, _ in problems}
    assert all(path.endswith("projects/p/s.jsonl") for path, _, _ in problems)


@pytest.mark.parametrize(
    "text",
    [b"", b"\n", b"\0" * 3_000, b"\xff" * 3_000, b"\n" * 3_000, b"[]\n{}\n1\nnull\n", b"{" * 3_000],
    ids=["empty", "newline", "nul", "high", "newlines", "values", "braces"],
)
@pytest.mark.parametrize(
    "name",
    ["projects/p/s.jsonl", "sessions/rollout-s.jsonl", "sessions/rollout-s.jsonl.zst"],
    ids=["claude", "codex", "packed"],
)
def test_files_of_rubbish_are_survived(name: str, text: bytes) -> None:
    """A source that is no log at all gives no calls and stops nothing."""
    harness = "claude" if name.startswith("projects") else "codex"
    with workshop() as folder:
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(text)

        done = ingest(folder / "ledger.db", harness, folder)

        assert (done.files_read, done.inserted) == (1, 0)


def test_a_file_name_that_is_no_text_is_imported() -> None:
    """Linux allows any bytes in a name."""
    line = TREES["claude"].files[next(iter(TREES["claude"].files))][1]
    with workshop() as folder:
        with open(os.fsencode(folder) + b"/caf\xe9.jsonl", "wb") as file:
            file.write(line + b"\n")

        done = ingest(folder / "ledger.db", "claude", folder)

        assert done.files_read == 1
