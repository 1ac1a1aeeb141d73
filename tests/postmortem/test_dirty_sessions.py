"""Logs as they really are: torn, repeated, half gone, still growing. A report is made, says what is missing, and sums up.

Each is read by the real program in a process and a home of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fresh import LEDGER, Said
from simulator.emit import emit
from simulator.script import Attach, Call, Result, Say, Script, Use, User
from simulator.sessions import edit, failing, passing, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.sessions import Harness

    Dirt = Callable[[list[bytes]], list[bytes]]

PROGRAM = [sys.executable, "-m", "whyburn"]
HARNESSES: tuple[Harness, ...] = ("claude", "codex")
_MODELS = {"claude": ("claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"),
           "codex": ("gpt-5.1-codex", "gpt-5.1-codex-mini")}  # fmt: skip


def whyburn(home: Path, *words: str) -> Said:
    """Run the program in a home; it never dies with a traceback."""
    done = subprocess.run([*PROGRAM, *words], cwd=home, env=_environment(home), capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return Said(done.returncode, done.stdout, done.stderr)


def _environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": str(home), "TZ": "UTC", "COLUMNS": "100"}


def explained(home: Path, *words: str) -> dict[str, Any]:
    """What `explain --json` says; the three marginals, the blocks and the ledger agree to the pico-dollar."""
    said = whyburn(home, "explain", "--last", "--json", "--blocks", *words)
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
    """Every view of the bill sums to the bill of the ledger."""
    rows = {name: data["attribution"][name] for name in ("by_what", "by_how", "by_when")} | {"blocks": data["blocks"]}
    sums = {name: sum(row["cost_pico_usd"] for row in found) for name, found in rows.items()}
    assert {**sums, "billed": data["billed"]["cost_pico_usd"]} == dict.fromkeys((*sums, "billed"), bill)
    saved = data["avoidable"]["cost_pico_usd"]
    assert sum(one["incremental_saving_pico_usd"] for one in data["findings"]) == saved <= bill


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


DIRT: dict[str, Dirt] = {
    "malformed": _between(b'{"type":"assistant","message":{"usage":', b"}{", b"not a record at all"),
    "no objects": _between(b"[1,2]", b"42", b'"words"', b"null", b""),
    "unknown types": _between(b'{"type":"hologram","uuid":"u","timestamp":"2026-11-18T11:00:00Z","sessionId":"s"}'),
    "wrong types": _between(
        b'{"type":"assistant","message":7,"timestamp":[],"uuid":{}}', b'{"type":"user","message":{"content":9}}',
        b'{"type":"response_item","payload":[]}', b'{"type":"event_msg","payload":{"type":"token_count","info":"x"}}',
    ),
    "deep nesting": _between(b'{"type":"user","message":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    "huge numbers": _between(b'{"type":"assistant","timestamp":"9999-99-99T99:99:99Z","x":1e999,"y":' + b"9" * 4_000 + b"}"),
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
    "one id for all": _each(lambda line: re.sub(rb'"(uuid|parentUuid)":"[^"]*"', rb'"\1":"same"', line)),
    "no ids": _each(lambda line: re.sub(rb'"(uuid|parentUuid|call_id|tool_use_id)":"[^"]*",?', b"", line)),
    "own parent": _each(lambda line: re.sub(rb'"parentUuid":("[^"]*"|null)(.*)"uuid":"([^"]*)"', rb'"parentUuid":"\3"\2"uuid":"\3"', line)),
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
