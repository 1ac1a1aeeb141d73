"""The table of a refresh: a row for what was found, one short line for what was not."""

from __future__ import annotations

from typing import Any

from whyburn.ledger.ingest import Outcome
from whyburn.views import refresh, text


def lines(*outcomes: Outcome, dry_run: bool = False) -> list[str]:
    """What is printed on a plain screen."""
    on = text.Screen(100)
    return text.lines(refresh.blocks(outcomes, on, dry_run=dry_run), on)


def an_outcome(harness: str = "claude", **more: Any) -> Outcome:
    """A refresh that read three files."""
    return Outcome(harness, ["/logs"], **{"files_seen": 5, "files_read": 3, "inserted": 1234, "elapsed_ms": 97, **more})


def test_a_row_for_each_harness_that_was_found() -> None:
    """Files seen and read, new calls, time, status."""
    shown = lines(an_outcome(), an_outcome("codex", files_read=0, inserted=0))

    assert shown[1].split() == ["claude", "5", "3", "1,234", "0", "0", "97", "ms", "ok"]
    assert shown[2].endswith("nothing new")


def test_missing_harnesses_are_one_line() -> None:
    """Names and places, no rows of zeros."""
    shown = lines(an_outcome(), an_outcome("codex", status="skipped"), an_outcome("pi", status="skipped"))

    assert shown[-1] == "not found  codex (/logs), pi (/logs)"
    assert len(shown) == 3


def test_what_could_not_be_read_is_said() -> None:
    """Lines with a command that shows them; files by name, their escape sequences gone."""
    shown = lines(an_outcome(problems=1, skipped_files=1, errors=["/logs/\x1b[2Jx.jsonl: denied"]))

    assert "1 file unreadable" in shown[1]
    assert "claude: /logs/x.jsonl: denied" in shown
    assert shown[-1] == "1 line could not be read: whyburn sources skipped"


def test_a_dry_run_says_that_nothing_was_stored() -> None:
    """Above everything else."""
    assert lines(an_outcome(), dry_run=True)[0] == "dry run: nothing was stored"
