"""Names of Codex threads come from the index of a Codex home, latest naming first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from support import ingest
from whyburn.ledger.database import open_reader

if TYPE_CHECKING:
    from pathlib import Path

THREAD = "0199a1f0-3c11-7d20-9f52-2b8f64f1aa01"


def _named(path: Path, *names: tuple[str, str]) -> None:
    with path.open("a", encoding="utf-8") as file:
        for name, stamp in names:
            file.write(json.dumps({"id": THREAD, "thread_name": name, "updated_at": stamp}) + "\n")


def _title(ledger: Path) -> str | None:
    db = open_reader(str(ledger))
    assert db is not None
    row = db.execute("SELECT title FROM session WHERE native = ?", (THREAD,)).fetchone()
    db.close()
    return None if row is None else row[0]


def test_the_latest_name_is_the_title_whatever_its_place(tmp_path: Path) -> None:
    """Also when the index has grown since, and when an older naming is written after it."""
    index, ledger = tmp_path / "session_index.jsonl", tmp_path / "l.db"
    _named(index, ("old name", "2026-11-01T10:00:00Z"), ("new\n  name", "2026-11-02T10:00:00Z"))
    ingest(ledger, "codex", tmp_path)
    first = _title(ledger)
    _named(index, ("older still", "2026-10-01T10:00:00Z"))
    ingest(ledger, "codex", tmp_path)
    second = _title(ledger)
    _named(index, ("newest", "2026-11-03T10:00:00Z"))
    ingest(ledger, "codex", tmp_path)

    assert (first, second, _title(ledger)) == ("new name", "new name", "newest")


def test_prompts_in_the_history_file_are_not_even_opened(tmp_path: Path) -> None:
    """`history.jsonl` holds what was typed and no usage."""
    (tmp_path / "history.jsonl").write_text('{"text": "token_count"}\n')

    assert ingest(tmp_path / "l.db", "codex", tmp_path).files_seen == 0


def test_a_broken_line_costs_only_itself(tmp_path: Path) -> None:
    """It is counted, and the names around it are read."""
    index = tmp_path / "session_index.jsonl"
    index.write_text('{"thread_name": "half\n')
    _named(index, ("whole", "2026-11-02T10:00:00Z"))

    done = ingest(tmp_path / "l.db", "codex", tmp_path)

    assert (done.problems, _title(tmp_path / "l.db")) == (1, "whole")
