"""What is derived from calls equals what calls say, after any history; parser fixes repair what was stored before."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laws import claude_logs, codex_logs
from laws.plans import live_through
from laws.trees import LONG, rows, same, small_pieces, workshop
from support import CLAUDE, content, ingest
from whyburn.ledger.database import open_reader
from whyburn.ledger.rollups import FROM_CALLS, FROM_ROLLUP
from whyburn.model import Call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEEDS = st.integers(0, 10**6)


@settings(max_examples=200 if LONG else 20, deadline=None)
@given(SEEDS, SEEDS)
def test_sums_equal_calls_after_any_history(seed: int, history: int) -> None:
    """Quarter-hour sums, hourly sums and the sums of sessions are those that the calls give."""
    tree = (claude_logs.tree, codex_logs.tree)[seed % 2](seed)
    with workshop() as folder:
        ledger = live_through(tree, folder, history, losses=True)

        assert_derived(ledger)


def assert_derived(ledger: Path) -> None:
    """Every derived table is what a query over calls gives."""
    db = open_reader(str(ledger))
    assert db is not None
    with closing(db):
        assert _sorted(db, FROM_CALLS.format(calls="call c")) == _sorted(db, "SELECT * FROM rollup")
        assert _sorted(db, f"{FROM_ROLLUP} GROUP BY 1, 2, 3, 4, 5, 6") == _sorted(db, "SELECT * FROM rollup_hour")
        assert db.execute("SELECT count(*) FROM stale_hour").fetchone() == (0,)
        assert _sorted(db, _SESSIONS) == _sorted(db, "SELECT id, first_ms, last_ms, calls FROM session")
        assert (
            db.execute("SELECT count(*) FROM call").fetchone() == db.execute("SELECT count(*) FROM call_key").fetchone()
        )


_SESSIONS = """SELECT s.id, min(c.ts_ms), max(c.ts_ms), coalesce(sum(c.requests), 0) FROM session s
  LEFT JOIN thread t ON t.session = s.id LEFT JOIN call c ON c.thread = t.id AND c.counted GROUP BY s.id"""


def _sorted(db: Any, query: str) -> list[str]:
    return sorted(map(repr, db.execute(query)))


class Changed:
    """Claude Code as a later parser version would read it."""

    def __init__(self, version: int, *, leaving_out: int = 0) -> None:
        self.parser = version
        self._leaving_out = leaving_out

    def __getattr__(self, name: str) -> Any:
        return getattr(CLAUDE, name)

    def skim(self, source: Any, checkpoint: Any, reader: Any) -> Iterator[Any]:
        """The same items without the first calls of a file."""
        left = self._leaving_out
        for item in CLAUDE.skim(source, checkpoint, reader):
            if type(item) is Call and left:
                left -= 1
                continue
            yield item


@pytest.fixture
def one_session(tmp_path: Path) -> Path:
    """A folder of logs with one file of three responses, one line each."""
    text = "".join(
        f'{{"type":"assistant","sessionId":"s","timestamp":"2026-08-03T0{n}:00:00Z","requestId":"r{n}","version":"2.1.220",'
        f'"message":{{"id":"m{n}","model":"claude-sonnet-5","usage":{{"input_tokens":{n},"output_tokens":{n}0}}}}}}\n'
        for n in (1, 2, 3)
    )
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "s.jsonl").write_text(text)
    return tmp_path / "logs"


def test_a_newer_parser_removes_what_it_no_longer_finds(one_session: Path, tmp_path: Path) -> None:
    """After a complete reading, calls that only the older parser saw are gone, and the correction is noted."""
    ledger = tmp_path / "ledger.db"
    ingest(ledger, Changed(1), one_session)

    done = ingest(ledger, Changed(2, leaving_out=1), one_session)

    assert done.removed == 1
    assert rows(ledger, "SELECT parser, output FROM call ORDER BY 2") == [(2, 20), (2, 30)]
    assert rows(ledger, "SELECT parser, removed FROM correction") == [(2, 1)]
    assert_derived(ledger)


def test_a_newer_parser_keeps_calls_of_vanished_sources(one_session: Path, tmp_path: Path) -> None:
    """What can no longer be read again stays as the older parser saw it."""
    ledger = tmp_path / "ledger.db"
    ingest(ledger, Changed(1), one_session)
    (one_session / "s.jsonl").unlink()

    done = ingest(ledger, Changed(2, leaving_out=1), one_session)

    assert done.removed == 0
    assert rows(ledger, "SELECT parser, output FROM call ORDER BY 2") == [(1, 10), (1, 20), (1, 30)]


def test_a_newer_parser_that_finds_the_same_leaves_a_clean_ledger(tmp_path: Path) -> None:
    """Raising the version and reading again gives what a first import with that version gives."""
    tree = claude_logs.tree(11)
    root = tree.write(tmp_path / "logs")
    ingest(tmp_path / "old.db", Changed(1), root)
    ingest(tmp_path / "old.db", Changed(2), root)
    ingest(tmp_path / "new.db", Changed(2), root)

    same(sorted(content(tmp_path / "new.db")), sorted(content(tmp_path / "old.db")))


def test_a_file_that_shrank_before_a_newer_parser_keeps_its_calls(one_session: Path, tmp_path: Path) -> None:
    """A source that lost lines is no proof that its calls were never made."""
    ledger = tmp_path / "ledger.db"
    ingest(ledger, Changed(1), one_session)
    lines = (one_session / "s.jsonl").read_bytes().splitlines(keepends=True)
    (one_session / "s.jsonl").write_bytes(lines[2])

    ingest(ledger, Changed(2), one_session)

    assert rows(ledger, "SELECT sum(requests) FROM call WHERE counted") == [(3,)]


def test_a_newer_parser_that_is_interrupted_still_removes_what_it_no_longer_finds(
    one_session: Path, tmp_path: Path
) -> None:
    """The reading is complete only when the last piece of the file is stored; until then it begins again."""

    class Interrupted(Changed):
        def skim(self, *arguments: Any) -> Iterator[Any]:
            for nth, item in enumerate(super().skim(*arguments)):
                if nth == 6:
                    raise KeyboardInterrupt
                yield item

    ledger = tmp_path / "ledger.db"
    ingest(ledger, Changed(1), one_session)
    with pytest.raises(KeyboardInterrupt), small_pieces(batch=1, chunk=240):
        ingest(ledger, Interrupted(2, leaving_out=1), one_session)

    done = ingest(ledger, Changed(2, leaving_out=1), one_session)

    assert done.removed == 1
    assert rows(ledger, "SELECT parser, output FROM call ORDER BY 2") == [(2, 20), (2, 30)]


def test_a_call_found_in_another_source_is_kept_by_a_newer_parser(one_session: Path, tmp_path: Path) -> None:
    """A copy elsewhere that the newer parser does read stands for the call."""
    ledger = tmp_path / "ledger.db"
    (one_session / "copy.jsonl").write_bytes((one_session / "s.jsonl").read_bytes().splitlines(keepends=True)[0])
    ingest(ledger, Changed(1), one_session)

    ingest(ledger, Changed(2), one_session)

    assert rows(ledger, "SELECT sum(requests), min(parser) FROM call WHERE counted") == [(3, 2)]
