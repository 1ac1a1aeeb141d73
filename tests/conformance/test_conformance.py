"""The public accounting contract: one small folder of logs for each known way to miscount (see docs/accounting.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from conformance.cases import HERE, Case, every_case, log_files
from conformance.seen import NOTHING, ledger_says
from support import content, ingest

if TYPE_CHECKING:
    from pathlib import Path

CASES = every_case()
CONTRACT = HERE.parents[1] / "docs" / "accounting.md"
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@each_case
def test_case_gives_its_expected_ledger(case: Case, tmp_path: Path) -> None:
    """The ledger of a case holds what its expectation says, and not one session, agent, model or day more."""
    ingest(tmp_path / "ledger.db", case.harness, case.logs(tmp_path))

    seen = ledger_says(tmp_path / "ledger.db", case.expected.get("zone", "UTC"))

    assert {field: seen["total"][field] for field in NOTHING} == NOTHING | case.expected["total"]
    assert _shaped(seen["session"], case.expected.get("session", {})) == case.expected.get("session", {})
    for table in ("agent", "model", "day", "quota"):
        if table in case.expected:
            assert _shaped(seen[table], case.expected[table]) == case.expected[table]


@each_case
def test_case_does_not_depend_on_file_order_or_repetition(case: Case, tmp_path: Path) -> None:
    """A case read a second time, in reversed file order, or one file at a time from the last gives the same ledger."""
    root = case.logs(tmp_path)
    files = log_files(root)[::-1]
    once, backwards, one_by_one = (tmp_path / name for name in ("once.db", "backwards.db", "one_by_one.db"))
    ingest(once, case.harness, root)
    first = content(once)

    ingest(once, case.harness, root)
    repeated = ingest(once, case.harness, root, full=True)
    ingest(backwards, case.harness, files)
    for file in files:
        ingest(one_by_one, case.harness, file)

    assert repeated.inserted == 0
    assert content(once) == first
    assert content(backwards) == first
    assert content(one_by_one) == first


@each_case
def test_case_does_not_depend_on_how_its_files_grew(case: Case, tmp_path: Path) -> None:
    """A case whose files were read when they were half as long gives the same ledger as one read at once."""
    root = case.logs(tmp_path)
    whole, grown = tmp_path / "whole.db", tmp_path / "grown.db"
    ingest(whole, case.harness, root)
    plain = {
        file: file.read_bytes() for file in log_files(root) if file.suffix == ".jsonl" and file.stat().st_size < 10**6
    }

    for file, data in plain.items():
        file.write_bytes(data[: len(data) // 2])
    ingest(grown, case.harness, root)
    for file, data in plain.items():
        file.write_bytes(data)
    ingest(grown, case.harness, root)

    assert content(grown) == content(whole)


def test_contract_lists_every_case_with_its_reason() -> None:
    """docs/accounting.md has a row for each case with the words of its expectation, and no row for anything else."""
    rows = dict(
        re.findall(r"^\| `((?:claude|codex)/[a-z0-9-]+)` \| (.+) \|$", CONTRACT.read_text("utf-8"), re.MULTILINE)
    )

    assert rows == {case.name: case.expected["why"] for case in CASES}


def _shaped(seen: Any, expected: Any) -> Any:
    """What was seen, cut down to the fields that are expected; rows are never cut."""
    if isinstance(seen, list):
        return seen
    return {key: {field: row.get(field) for field in expected.get(key, row)} for key, row in seen.items()}
