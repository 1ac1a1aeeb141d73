"""Logs as they really are: torn, repeated, half gone, still growing. A report is made, says what lacks, and sums up.

Each is read by the real program in a process and a home of its own.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fresh import LEDGER
from postmortem.program import whyburn
from simulator.emit import emit
from simulator.script import Attach, Call, Result, Say, Script, Use, User
from simulator.sessions import edit, failing, passing, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from simulator.sessions import Harness

    Dirt = Callable[[list[bytes]], list[bytes]]

HARNESSES: tuple[Harness, ...] = ("claude", "codex")
_MODELS = {"claude": ("claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"),
           "codex": ("gpt-5.1-codex", "gpt-5.1-codex-mini")}  # fmt: skip


def explained(home: Path, *words: str) -> dict[str, Any]:
    """What `explain --json` says; the three marginals, the blocks and the ledger agree to the pico-dollar."""
    said = whyburn(home, "explain", "--last", "--refresh", "--json", "--blocks", *words)
    assert said.code == 0, said.err
    data: dict[str, Any] = json.loads(said.out)
    conserves(data, bill_of(home, data["session"]["id"]))
    return data


def bill_of(home: Path, session: str) -> int:
    """What the ledger says a session cost, in pico-dollars."""
    sql = """SELECT coalesce(sum(c.virtual_pico), 0) FROM session s JOIN thread t ON t.session = s.id
             JOIN call c ON c.thread = t.id WHERE s.native = ? AND c.counted"""
    with contextlib.closing(sqlite3.connect(home / LEDGER)) as db:
        bill: int = db.execute(sql, (session,)).fetchone()[0]
        return bill


def conserves(data: dict[str, Any], bill: int) -> None:
    """Every view of the bill sums to the bill of the ledger; what has no price adds nothing."""
    rows = {name: data["attribution"][name] for name in ("by_what", "by_how", "by_when")} | {"blocks": data["blocks"]}
    sums = {name: _sum(row["cost_pico_usd"] for row in found) for name, found in rows.items()}
    assert {**sums, "billed": data["billed"]["cost_pico_usd"] or 0} == dict.fromkeys((*sums, "billed"), bill)
    saved = data["avoidable"]["cost_pico_usd"] or 0
    assert _sum(one["incremental_saving_pico_usd"] for one in data["findings"]) == saved <= bill


def _sum(amounts: Iterable[int | None]) -> int:
    return sum(amount or 0 for amount in amounts)


def session(home: Path, harness: Harness) -> list[Path]:
    """The logs of a session with everything in it: main log first, then its sub-agents'."""
    main, helper = _MODELS[harness]
    agent = Script((User(50), Call((read("src/tax.py", 2_000),)), Call((Say(60),))), harness, helper, tools=900,
                   system=300, agent="Explore")  # fmt: skip
    retry = [Call((failing("pytest -q tests/test_cart.py", 1_200),)) for _ in range(3)]
    actions = (
        Attach("instructions", 500, "CLAUDE.md", sticky=True), User(60), Call((Say(30), read("src/cart.py", 4_000))),
        Call((Use("spawn", Result(200), query="look at the taxes", agent=agent),)), Call((read("src/cart.py", 4_000),)),
        Call((edit("src/cart.py"),)), *retry, User(40), Call((passing("pytest -q tests/test_cart.py"),)),
        Call((Say(120),)),
    )  # fmt: skip
    truth = emit(Script(actions, harness, main), str(home))
    return [Path(name) for name in truth.files]


def soil(path: Path, dirt: Dirt) -> None:
    """Write a log anew with its lines changed."""
    path.write_bytes(b"".join(dirt(path.read_bytes().splitlines(keepends=True))))


# --- lines that are not as they should be -----------------------------------------------------------------------------


def _between(*strange: bytes) -> Dirt:
    """Strange lines in the middle."""
    return lambda lines: [*lines[: len(lines) // 2], *(line + b"\n" for line in strange), *lines[len(lines) // 2 :]]


def _each(change: Callable[[bytes], bytes], every: int = 1) -> Dirt:
    """Every nth line changed."""
    return lambda lines: [change(line) if nth % every == 0 else line for nth, line in enumerate(lines)]


def _clock_back(lines: list[bytes]) -> list[bytes]:
    """The second half happens years before the first."""
    half = len(lines) // 2
    return lines[:half] + [line.replace(b'"2026-', b'"2023-') for line in lines[half:]]


def _ids_twice(lines: list[bytes]) -> list[bytes]:
    """Every fifth line has the id of the one before."""
    ids = [re.search(rb'"uuid":"[^"]*"', line) for line in lines]
    return [
        re.sub(rb'"uuid":"[^"]*"', before[0], line) if nth % 5 == 4 and (before := ids[nth - 1]) else line
        for nth, line in enumerate(lines)
    ]


DIRT: dict[str, Dirt] = {
    "malformed": _between(b'{"type":"assistant","message":{"usage":', b"}{", b"not a record at all"),
    "no objects": _between(b"[1,2]", b"42", b'"words"', b"null", b""),
    "unknown types": _between(b'{"type":"hologram","uuid":"u","timestamp":"2026-11-18T11:00:00Z","sessionId":"s"}'),
    "wrong types": _between(
        b'{"type":"assistant","message":7,"timestamp":[],"uuid":{}}', b'{"type":"user","message":{"content":9}}',
        b'{"type":"response_item","payload":[]}', b'{"type":"event_msg","payload":{"type":"token_count","info":"x"}}',
    ),
    "deep nesting": _between(b'{"type":"user","message":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    "huge numbers": _between(b'{"type":"user","timestamp":"9999-99-99T99:99:99Z","x":1e999,"y":' + b"9" * 4_000 + b"}"),
    "missing usage": _each(lambda line: re.sub(rb'"(usage|info)":', rb'"\1_gone":', line), every=5),
    "usage of another type": _each(lambda line: re.sub(rb'"(output_tokens)":\d+', rb'"\1":"many"', line), every=5),
    "negative counts": _each(lambda line: re.sub(rb'"(cache_read_input_tokens)":', rb'"\1":-', line), every=7),
    "invalid text": _each(lambda line: line.replace(b"the ", b"\xff\xfe\xed\xa0\x80 ")),
    "lone surrogates": _each(lambda line: line.replace(b"the ", b"\\ud800 ")),
    "NUL in text": _each(lambda line: line.replace(b"the ", b"\\u0000 ")),
    "NUL bytes": _between(b"\x00" * 4_096),
    "CRLF": _each(lambda line: line[:-1] + b"\r\n"),
    "byte order mark": lambda lines: [b"\xef\xbb\xbf" + lines[0], *lines[1:]],
    "no last newline": lambda lines: [*lines[:-1], lines[-1].rstrip()],
    "torn last line": lambda lines: [*lines[:-1], lines[-1][: len(lines[-1]) // 2]],
    "torn first line": lambda lines: [lines[0][len(lines[0]) // 2 :], *lines[1:]],
    "every line twice": lambda lines: [line for line in lines for _ in range(2)],
    "ids twice": _ids_twice,
    "no ids": _each(lambda line: re.sub(rb'"(uuid|parentUuid|call_id|tool_use_id)":"[^"]*",?', b"", line)),
    "own parent": _each(
        lambda line: re.sub(rb'"parentUuid":("[^"]*"|null)(.*"uuid":"([^"]*)")', rb'"parentUuid":"\3"\2', line)
    ),
    "clock goes back": _clock_back,
    "no times": _each(lambda line: re.sub(rb'"timestamp":"[^"]*",?', b"", line), every=2),
    "backwards": lambda lines: lines[::-1],
    "some models unpriced": _each(lambda line: re.sub(rb'"model":"[^"]*"', b'"model":"acme-9000"', line), every=4),
    "all models unpriced": _each(lambda line: re.sub(rb'"model":"[^"]*"', b'"model":"acme-9000"', line)),
}  # fmt: skip


@pytest.mark.parametrize("harness", HARNESSES)
@pytest.mark.parametrize("dirt", DIRT)
def test_a_dirty_log_is_explained_and_sums_up(dirt: str, harness: Harness, tmp_path: Path) -> None:
    """Whatever stands in the lines, the report conserves the ledger's bill and has a quality."""
    for path in session(tmp_path, harness):
        if path.suffix == ".jsonl":
            soil(path, DIRT[dirt])

    data = explained(tmp_path)

    assert data["session"]["calls"] > 0
    assert data["quality"]["level"] in {"low", "medium", "high"}


@pytest.mark.parametrize(("dirt", "harness", "key"), [
    ("malformed", "claude", "skipped_lines"), ("malformed", "codex", "skipped_lines"),
    ("unknown types", "claude", "unknown_records"), ("unknown types", "codex", "unknown_records"),
    ("some models unpriced", "claude", "unpriced_calls"),
])  # fmt: skip
def test_what_could_not_be_used_is_counted(dirt: str, harness: Harness, key: str, tmp_path: Path) -> None:
    """On the console too, in words."""
    soil(session(tmp_path, harness)[0], DIRT[dirt])
    before = explained(tmp_path)
    text = whyburn(tmp_path, "explain", "--last").out

    assert before["quality"][key] > 0
    words = {"skipped_lines": "could not be read", "unknown_records": "unknown", "unpriced_calls": "unpriced"}[key]
    assert words in text


def test_a_session_without_any_price_is_not_free(tmp_path: Path) -> None:
    """Tokens are told, no dollars are claimed, and a budget cannot be judged."""
    for path in session(tmp_path, "claude"):
        soil(path, DIRT["all models unpriced"])
    data = explained(tmp_path, "--budget", "1", "--fail-over-budget")
    text = whyburn(tmp_path, "explain", "--last").out + whyburn(tmp_path, "why").out

    assert data["quality"]["unpriced_calls"] == data["session"]["calls"] > 0
    assert data["quality"]["level"] == "low"
    assert data["budget"]["exceeded"] is None
    assert "$0.00" not in text
    assert "acme-9000" in text


def test_an_empty_log_is_no_session(tmp_path: Path) -> None:
    """Alone it is nothing to explain, beside a session it does no harm."""
    paths = session(tmp_path, "claude")
    (paths[0].parent / "00000000-0000-4000-8000-000000000000.jsonl").touch()
    assert explained(tmp_path)["session"]["missing"] == []

    for path in paths:
        path.write_bytes(b"")
    (tmp_path / LEDGER).unlink()
    said = whyburn(tmp_path, "explain", "--last")

    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "no session" in said.err


def test_a_line_of_forty_megabytes_is_passed_over(tmp_path: Path) -> None:
    """It is counted, and what stands before and after it is explained."""
    path = session(tmp_path, "claude")[0]
    whole = explained(tmp_path)
    huge = b'{"type":"user","message":{"role":"user","content":"' + b"x" * 40_000_000 + b'"}}\n'
    soil(path, lambda lines: [*lines[:9], huge, *lines[9:]])

    data = explained(tmp_path)

    assert data["billed"] == whole["billed"]
    assert data["quality"]["skipped_lines"] == whole["quality"]["skipped_lines"] + 1


# --- a session that is still written ----------------------------------------------------------------------------------


@pytest.mark.parametrize("harness", HARNESSES)
def test_a_session_that_grows_meanwhile_is_explained_as_far_as_it_got(harness: Harness, tmp_path: Path) -> None:
    """Another process appends, in pieces that end inside lines; every report on the way sums up."""
    path = session(tmp_path, harness)[0]
    text = path.read_bytes()
    path.write_bytes(text[: len(text) // 3])
    script = (
        "import sys, time\ntext = open(sys.argv[2], 'rb').read()\nout = open(sys.argv[1], 'ab', buffering=0)\n"
        "for at in range(0, len(text), 997):\n    out.write(text[at:at + 997])\n    time.sleep(0.01)\n"
    )
    rest = tmp_path / "rest"
    rest.write_bytes(text[len(text) // 3 :])
    calls = []
    with subprocess.Popen([sys.executable, "-c", script, str(path), str(rest)]) as writer:
        while writer.poll() is None:
            data = _as_it_is(tmp_path)
            calls.append(data["session"]["calls"])
    calls.append(explained(tmp_path)["session"]["calls"])

    assert calls == sorted(calls)
    assert calls[0] < calls[-1]


def _as_it_is(home: Path) -> dict[str, Any]:
    """A report of a moment; the ledger may be ahead of it by the time that it is compared."""
    said = whyburn(home, "explain", "--last", "--refresh", "--json", "--blocks")
    assert said.code == 0, said.err
    data: dict[str, Any] = json.loads(said.out)
    conserves(data, data["billed"]["cost_pico_usd"] or 0)
    return data


@pytest.mark.parametrize("harness", HARNESSES)
def test_a_log_cut_anywhere_is_explained(harness: Harness, tmp_path: Path) -> None:
    """In the middle of any line, with its end to come."""
    path = session(tmp_path, harness)[0]
    text = path.read_bytes()
    for cut in range(len(text) // 2, len(text), len(text) // 9):
        path.write_bytes(text[:cut])
        explained(tmp_path)


# --- files that are gone ----------------------------------------------------------------------------------------------


def gone(paths: Sequence[Path]) -> None:
    """Remove logs after the ledger has read them."""
    for path in paths:
        path.unlink()


def test_sub_agents_whose_files_are_gone_are_told(tmp_path: Path) -> None:
    """Their cost stays in the bill; what they did is missing, and the report says so."""
    paths = session(tmp_path, "claude")
    whole = explained(tmp_path)
    gone(paths[1:])

    data = explained(tmp_path)

    assert data["billed"] == whole["billed"]
    assert data["session"]["missing"] == ["1 of 2 log files of this session are gone"]
    assert data["quality"]["unseen_calls"] == 2
    assert "are gone" in whyburn(tmp_path, "explain", "--last").out


def test_only_a_sub_agent_is_left(tmp_path: Path) -> None:
    """The conversation is gone: its calls are billed and unseen."""
    paths = session(tmp_path, "claude")
    whole = explained(tmp_path)
    gone(paths[:1])

    data = explained(tmp_path)

    assert data["billed"] == whole["billed"]
    assert data["session"]["missing"] == ["1 of 2 log files of this session are gone"]
    assert data["quality"]["unseen_calls"] == whole["session"]["calls"] - 2


@pytest.mark.parametrize("harness", HARNESSES)
def test_a_session_whose_logs_are_all_gone_keeps_its_bill(harness: Harness, tmp_path: Path) -> None:
    """The ledger says what it cost; every command answers, and says that nothing else is known."""
    paths = session(tmp_path, harness)
    whole = explained(tmp_path)
    gone([path for path in paths if path.exists()])

    data = explained(tmp_path)

    assert data["billed"] == whole["billed"]
    assert data["quality"]["level"] == "low"
    assert data["quality"]["unseen_calls"] == data["session"]["calls"]
    assert "gone" in data["session"]["missing"][0]
    for words in (["why"], ["explain"], ["report"], ["analyze", "session"]):
        said = whyburn(tmp_path, *words)
        assert said.code == 0, (words, said.err)
        assert "are gone" in said.out or "is gone" in said.out, words
    for words in (["overview"], ["analyze", "cache"], ["scan"], ["dashboard", "--out", "site"]):
        assert whyburn(tmp_path, *words).code == 0, words
