"""How the postmortem ends, through the real program: codes, one-line errors, closed pipes, interruption."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from postmortem.program import PROGRAM, environment, whyburn
from simulator import clean
from simulator.emit import emit

if TYPE_CHECKING:
    from pathlib import Path

TRACE = '{"step": "plan", "model": "claude-opus-4-5", "input_tokens": 9200, "output_tokens": 640, "cost_usd": 0.5}\n'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sessions, two of which have ids that begin alike, and a trace."""
    found = tmp_path_factory.mktemp("codes")
    emit(clean(1), str(found))
    for nth, ident in enumerate(("3d1f0a52-aaaa", "3d1f0a52-bbbb")):
        session = emit(clean(2), str(found), seed=5 + nth)
        log = found / session.files[0]
        log.with_name(f"{ident}.jsonl").write_text(log.read_text().replace(session.session, ident))
        log.unlink()
    (found / "trace.jsonl").write_text(TRACE)
    (found / "index.html").write_text("<p>somebody's own page</p>")
    assert whyburn(found, "refresh").code == 0
    return found


@pytest.mark.parametrize(("code", "words"), [
    (0, "explain --budget 50 --fail-over-budget"), (3, "explain --budget 0.0001 --fail-over-budget"),
    (0, "explain --budget 0.0001"), (3, "explain --budget 0.0001 --fail-over-budget --json"),
    (3, "claude explain --last --budget 0.0001 --fail-over-budget --markdown"),
    (0, "analyze trace trace.jsonl --budget 1 --fail-over-budget"),
    (3, "analyze trace trace.jsonl --budget 0.1 --fail-over-budget"),
    (3, "analyze trace trace.jsonl --budget 0.1 --fail-over-budget --json"),
])  # fmt: skip
def test_a_budget_that_is_exceeded_ends_with_3_where_that_was_asked_for(code: int, words: str, home: Path) -> None:
    """And the report is printed all the same."""
    said = whyburn(home, *words.split())

    assert said.code == code
    assert len(said.out) > 200


@pytest.mark.parametrize(("words", "told"), [
    ("explain 3d1f0a52", "several sessions fit '3d1f0a52': "), ("why no-such-id", "no session 'no-such-id'"),
    ("report 3d1f0a52", "several sessions fit"), ("explain --harness acme", "no harness is called 'acme'"),
    ("codex explain --last", "no session of codex"), ("explain --cwd /nowhere", "no session in /nowhere"),
    ("explain --session-file none.jsonl", "none.jsonl does not exist"), ("explain --redact much", "none, default"),
    ("explain --budget -1", "--budget"), ("overview --sort size", "cost, tokens"),
    ("analyze trace none.jsonl", "none.jsonl"), ("analyze trace index.html", "index.html"),
    ("explain --input-price-per-mtok x", "is not a price"),
    ("report 3d1f0a52-a --out index.html/page.html", "index.html"), ("dashboard --out .", "was not written by whyburn"),
    ("claude import-otel none.json", "none.json"), ("overview --claude-home none", "none does not exist"),
    ("serve --host 0.0.0.0", "--allow-remote"), ("serve --port 99999", "--port"),
])  # fmt: skip
def test_wrong_data_ends_with_1_and_one_line(words: str, told: str, home: Path) -> None:
    """Nothing on stdout; the line names what is wrong."""
    said = whyburn(home, *words.split())

    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert told in said.err


def test_an_id_that_means_several_sessions_names_them(home: Path) -> None:
    """So that one of them can be typed."""
    said = whyburn(home, "explain", "3d1f0a52")

    assert "3d1f0a52-aaaa (claude)" in said.err
    assert "3d1f0a52-bbbb (claude)" in said.err
    assert whyburn(home, "explain", "3d1f0a52-a").code == 0


@pytest.mark.parametrize("words", [
    "explain --nonsense", "explain --json --markdown", "explain --last 3d1f0a52-a", "explain --blocks",
    "explain --fail-over-budget", "explain --rich --out x", "explain --session-file trace.jsonl --refresh",
    "explain 3d1f0a52-a --cwd /home", "claude explain", "codex report", "claude explain --thread-id x",
    "scan --limit 0", "overview --limit 0", "dashboard --limit 0", "overview --limit -3",
    "overview --no-cache --cache-dir x",
    "overview --json --open", "overview --json --session-reports", "dashboard --demo --cwd /home", "serve --limit 0",
    "analyze session --bad-calls --all-tool-calls", "analyze session --json --rich", "analyze trace",
    "analyze trace trace.jsonl --fail-over-budget", "report --source none", "expalin", "why a b",
    "explain --budget many",
])  # fmt: skip
def test_bad_syntax_ends_with_2_and_one_line(words: str, home: Path) -> None:
    """Unknown, exclusive and inert options, before anything is read."""
    said = whyburn(home, *words.split())

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("words", ["explain --json --blocks", "explain", "scan --json", "analyze cache"])
def test_a_reader_that_has_had_enough_is_no_error(words: str, home: Path) -> None:
    """`whyburn explain | head -1`: quiet, and 0."""
    with subprocess.Popen([*PROGRAM, *words.split()], cwd=home, env=environment(home), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()

    assert process.returncode == 0
    assert [line for line in said.splitlines() if not line.startswith("whyburn: newest session")] == []


def test_interrupting_ends_with_130(home: Path) -> None:
    """Quietly: a trace is read from a pipe that never ends."""
    with subprocess.Popen([*PROGRAM, "analyze", "trace", "-"], cwd=home, env=environment(home), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # fmt: skip
        time.sleep(0.8)  # imports are over and it waits for more
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert (process.returncode, out, err.strip()) == (130, b"", b"")


def test_a_port_in_use_is_one_line(home: Path) -> None:
    """And the pages of whoever serves there are left alone."""
    with subprocess.Popen([*PROGRAM, "serve", "--port", "0", "--site-dir", "served"], cwd=home, env=environment(home),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        assert process.stdout is not None
        port = process.stdout.readline().rsplit(":", 1)[1].strip().rstrip("/")
        said = whyburn(home, "serve", "--port", port, "--site-dir", "other")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert port in said.err
    assert process.returncode == 0
    assert not (home / "other").exists()
