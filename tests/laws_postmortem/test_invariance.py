"""Laws 7 to 11, 15 and 20: a session is what it is, however its logs came to lie there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laws_postmortem import logs
from laws_postmortem.test_conservation import SEEDS, conserved
from laws_postmortem.whole import LONG, ROOTS, essence, examined, explained, shop, workspace
from simulator import clean, emit, random_script
from support import ingest
from whyburn.api.postmortem.explain import report_of
from whyburn.ledger.database import open_reader
from whyburn.postmortem import marginals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from whyburn.postmortem.report import Report

FEW = settings(max_examples=300 if LONG else 20, deadline=None)
HARNESSES = st.sampled_from(["claude", "codex"])


def before_and_after(
    home: Path, seed: int, harness: str, made: Callable[[logs.Lines], logs.Lines], *, end: str = "\n"
) -> tuple[Report, Report]:
    """The report of a random session, and that of its changed logs."""
    truth = emit(random_script(seed, harness), str(home), seed=seed)  # type: ignore[arg-type]
    one = explained(home, harness, truth.session)[0]
    logs.change(home, made, end=end)
    return one, explained(home, harness, truth.session)[0]


@FEW
@given(SEEDS)
def test_lines_that_stand_there_twice_count_once(seed: int) -> None:
    """Any of the lines of a response, which a harness writes again when it resumes."""
    with shop() as home:
        one, two = before_and_after(home, seed, "claude", lambda lines: logs.repeated(lines, Random(seed)))

    assert essence(one) == essence(two)


@FEW
@given(SEEDS)
def test_the_last_line_of_a_response_counts(seed: int) -> None:
    """Lines that were written while it streamed are as if they had its final counts."""
    with shop() as home:
        one, two = before_and_after(home, seed, "claude", logs.finished)

    assert essence(one) == essence(two)


@FEW
@given(SEEDS)
def test_a_file_that_lies_there_twice_counts_once(seed: int) -> None:
    """A copy of a project's folder adds nothing to the bill, and nothing to the prompts."""
    with shop() as home:
        truth = emit(random_script(seed, "claude"), str(home), seed=seed)
        one = explained(home, "claude", truth.session)[0]
        for path in list(logs.logs(home)):
            copy = home / ".claude/projects/copied" / path.relative_to(home / ".claude/projects")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
        two = explained(home, "claude", truth.session)[0]

    assert essence(one) == essence(two)


@FEW
@given(SEEDS)
def test_metadata_may_stand_anywhere(seed: int) -> None:
    """Titles, snapshots, queue operations."""
    with shop() as home:
        one, two = before_and_after(home, seed, "claude", lambda lines: logs.shuffled_metadata(lines, Random(seed)))

    assert essence(one) == essence(two)


@FEW
@given(SEEDS)
def test_results_that_come_together_may_come_in_any_order(seed: int) -> None:
    """Each is as large as before; only which of them ends the prompt differs, so a few tokens behind the last
    breakpoint are another one's."""
    with shop() as home:
        one, two = before_and_after(home, seed, "claude", logs.swapped_results)

    assert sizes(one) == sizes(two)
    assert essence(one)["attribution"]["by_how"] == essence(two)["attribution"]["by_how"]
    assert essence(one)["billed"] == essence(two)["billed"]


def sizes(report: Report) -> list[tuple[str, str, int]]:
    """What each piece is, and how large; pieces without text are all alike."""
    anatomy = report.anatomy
    return sorted(
        (one.kind, one.label if one.block is None or one.block.hash else "", marginals.tokens_of(anatomy, one.index))
        for one in anatomy.pieces
    )


@FEW
@given(SEEDS, HARNESSES)
def test_line_ends_of_another_system_change_nothing(seed: int, harness: str) -> None:
    """CRLF."""
    with shop() as home:
        one, two = before_and_after(home, seed, harness, lambda lines: lines, end="\r\n")

    assert essence(one) == essence(two)


@FEW
@given(SEEDS, HARNESSES)
def test_what_nobody_knows_yet_is_counted_and_changes_nothing(seed: int, harness: str) -> None:
    """New fields, and records of a new type."""
    with shop() as home:
        one, two = before_and_after(home, seed, harness, lambda lines: logs.with_unknown(lines, Random(seed)))
    old, new = essence(one), essence(two)
    unknown = new["quality"].pop("unknown_records") - old["quality"].pop("unknown_records")

    assert old == new
    assert (unknown > 0) == (len({skipped.spot for skipped in two.anatomy.skipped}) > 0)


@FEW
@given(SEEDS, HARNESSES)
def test_ids_do_not_matter(seed: int, harness: str) -> None:
    """Of sessions, agents, records, responses and tool calls; files are called after them."""
    with shop() as home:
        truth = emit(random_script(seed, harness), str(home), seed=seed)  # type: ignore[arg-type]
        one = explained(home, harness, truth.session)[0]
        logs.change(home, lambda lines: [logs.renamed(line) for line in lines])
        logs.rename_files(home)
        two = explained(home, harness, logs.renamed(truth.session))[0]

    assert essence(one) == essence(two)


@FEW
@given(SEEDS, HARNESSES)
def test_the_place_does_not_matter(seed: int, harness: str) -> None:
    """Another home and project. Texts that name them are other texts, which may decide about a token's fraction."""
    with shop() as home:
        one, two = before_and_after(home, seed, harness, lambda lines: [logs.moved(line) for line in lines])
    first, second = (essence(report, names=False) for report in (one, two))

    assert first["billed"] == second["billed"]
    for view in ("by_how", "by_when", "by_model"):
        assert first["attribution"][view] == second["attribution"][view]
    assert [row["id"] for row in first["findings"]] == [row["id"] for row in second["findings"]]
    assert all(abs(a - b) <= 2 for a, b in zip(_tokens(first), _tokens(second), strict=True))


def _tokens(said: dict[str, Any]) -> list[int]:
    return sorted(row["tokens"] for row in said["blocks"])


@FEW
@given(SEEDS, HARNESSES, st.integers(-3 * 86_400_000, 3 * 86_400_000))
def test_the_day_does_not_matter(seed: int, harness: str, shift: int) -> None:
    """All instants moved by the same time."""
    script, now = random_script(seed, harness), 1_795_000_000_000  # type: ignore[arg-type]
    told = []
    for moment in (now, now + shift):
        with shop() as home:
            truth = emit(script, str(home), seed=seed, now_ms=moment)
            told.append(essence(explained(home, harness, truth.session)[0]))

    assert told[0] == told[1]


@FEW
@given(SEEDS, HARNESSES, st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_reading_a_growing_log_gives_what_reading_it_once_gives(seed: int, harness: str, cuts: list[float]) -> None:
    """Cut at any byte, and refreshed at each cut; every report on the way is conserved."""
    with shop() as home, shop() as growing:
        truth = emit(random_script(seed, harness), str(home), seed=seed)  # type: ignore[arg-type]
        once = explained(home, harness, truth.session)[0]
        for cut in (*sorted(cuts), 1.0):
            for path in logs.logs(home):
                _grow(growing / path.relative_to(home), path.read_bytes(), cut)
            ingest(growing / "ledger.db", harness, growing / ROOTS[harness])
            report = _stored(growing / "ledger.db", truth.session)
            if report is not None:
                conserved(report.anatomy)

    assert report is not None
    assert essence(report) == essence(once)


def _grow(path: Path, text: bytes, share: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    held = path.stat().st_size if path.exists() else 0
    with path.open("ab") as file:
        file.write(text[held : int(len(text) * share)])


def _stored(ledger: Path, session: str) -> Report | None:
    db = open_reader(str(ledger))
    assert db is not None
    with closing(db):
        row = db.execute("SELECT id FROM session WHERE native = ? AND calls > 0", (session,)).fetchone()
        return None if row is None else report_of(workspace(), db, row[0])


@FEW
@given(SEEDS)
def test_a_session_is_the_sum_of_its_chains(seed: int) -> None:
    """Main thread, sub-agents and compactions, each with what it was billed."""
    told = examined(random_script(seed, "claude"), seed=seed)
    by_chain = sorted(sum(call.cost for call in chain.calls) for chain in told.truth.chains if chain.calls)
    anatomy = told.report.anatomy
    found = sorted(sum(anatomy.calls[at].cost or 0 for at in chain.calls) for chain in anatomy.chains if chain.calls)

    assert found == by_chain


@FEW
@given(SEEDS)
def test_threads_of_codex_are_sessions_that_sum_to_the_whole(seed: int) -> None:
    """A sub-agent has a log and a report of its own."""
    with shop() as home:
        truth = emit(random_script(seed, "codex"), str(home), seed=seed)
        reports = [explained(home, "codex", chain.agent_id)[0] for chain in truth.chains if chain.calls]

    assert sum(report.cost for report in reports) == truth.billed
    for report in reports:
        conserved(report.anatomy)


@FEW
@given(SEEDS)
def test_sub_agents_may_lie_beside_their_session(seed: int) -> None:
    """As older versions put them; and under names that sort the other way round."""
    with shop() as home:
        truth = emit(random_script(seed, "claude"), str(home), seed=seed)
        one = explained(home, "claude", truth.session)[0]
        for path in sorted(home.rglob("agent-*")):
            path.rename(path.parent.parent.parent / path.name)
        two = explained(home, "claude", truth.session)[0]

    assert sorted(map(json.dumps, essence(one)["blocks"])) == sorted(map(json.dumps, essence(two)["blocks"]))
    assert essence(one)["billed"] == essence(two)["billed"]
    assert essence(one)["findings"] == essence(two)["findings"]


def test_a_session_whose_sub_agents_are_gone_is_told_all_the_same(tmp_path: Path) -> None:
    """What the ledger has of them stays on the bill; the report says that files are missing."""
    seed = next(n for n in range(100) if len(random_chains(n)) > 2)
    truth = emit(random_script(seed, "claude"), str(tmp_path), seed=seed)
    ingest(tmp_path / "ledger.db", "claude", tmp_path / ROOTS["claude"])
    for path in tmp_path.rglob("agent-*"):
        path.unlink()
    report = _stored(tmp_path / "ledger.db", truth.session)

    assert report is not None
    assert report.cost == truth.billed
    assert report.subject.missing
    conserved(report.anatomy)


def random_chains(seed: int) -> list[object]:
    """The chains of a random session with calls of their own."""
    anatomy = examined(random_script(seed, "claude"), seed=seed).report.anatomy
    return [chain for chain in anatomy.chains if chain.calls]


@FEW
@given(SEEDS)
def test_a_fork_bills_every_call_once(seed: int) -> None:
    """The history of a forked session is carried in its prompts and billed to the session that it was copied from."""
    name = "00000000-0000-4000-8000-000000000abc"
    with shop() as home:
        truth = emit(clean(seed, "claude"), str(home), seed=seed)
        first = explained(home, "claude", truth.session)[0]
        (path,) = logs.logs(home)
        lines = path.read_text().splitlines()
        path.with_name(f"{name}.jsonl").write_text("".join(f"{line}\n" for line in logs.forked(lines, name)))
        one, two = (explained(home, "claude", session) for session in (truth.session, name))

    assert one[0].cost == first.cost
    assert two[0].cost == two[1] == truth.calls[-1].cost
    assert any(piece.carried for piece in two[0].anatomy.pieces)
    for report, _ in (one, two):
        conserved(report.anatomy)


_EXPLAIN = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from laws_postmortem.whole import explained
import json
print(json.dumps(explained(Path(sys.argv[2]), sys.argv[3], sys.argv[4])[0].as_dict(blocks=True)))
"""


@pytest.mark.parametrize("harness", ["claude", "codex"])
def test_the_same_logs_give_the_same_bytes(harness: str, tmp_path: Path) -> None:
    """In another process too, where sets have another order."""
    truth = emit(random_script(11, harness), str(tmp_path), seed=11)  # type: ignore[arg-type]
    tests = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    said = {
        subprocess.run(
            [sys.executable, "-c", _EXPLAIN, tests, str(tmp_path), harness, truth.session],
            env={**os.environ, "PYTHONHASHSEED": str(order)}, capture_output=True, text=True, check=True,
        ).stdout
        for order in (1, 2)
    }  # fmt: skip

    assert len(said) == 1


def _work(turns: int) -> int:
    """Calls of Python functions that a report of so many turns takes."""
    script = clean(1)
    many = type(script)(script.actions * turns, tools=script.tools, system=script.system)
    count = 0

    def counted(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    with shop() as home:
        truth = emit(many, str(home))
        explained(home, "claude", truth.session)
        sys.setprofile(counted)
        try:
            explained(home, "claude", truth.session)
        finally:
            sys.setprofile(None)
    return count


def test_four_times_the_session_is_four_times_the_work() -> None:
    """Counted in function calls, so that no machine's speed matters."""
    small, large = _work(6), _work(24)

    assert large < 4.6 * small
