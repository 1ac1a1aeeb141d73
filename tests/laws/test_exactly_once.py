"""Law 1: the ledger depends only on the set of bytes it has seen. Law 2: nothing is lost when sources go."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laws import claude_logs, codex_logs
from laws.plans import live_through
from laws.trees import LONG, Tree, billing, clean_content, same, small_pieces, workshop
from support import content, ingest, totals

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = st.integers(0, 10**6)
EXAMPLES = 400 if LONG else 25


def a_tree(seed: int) -> Tree:
    """A tree of any kind that the seed chooses."""
    make = (claude_logs.tree, codex_logs.tree, lambda one: codex_logs.tree(one, version_7=False))[seed % 3]
    return make(seed)


@settings(max_examples=EXAMPLES * 2, deadline=None)
@given(SEEDS)
def test_a_clean_import_counts_what_was_billed(seed: int) -> None:
    """Streamed lines, forks, mirrors, replays, repeats and resets: each response counts once, with its final counts."""
    tree = a_tree(seed)
    with workshop() as folder:
        ingest(folder / "ledger.db", tree.harness, tree.write(folder / "logs"))
        actual = totals(folder / "ledger.db")

    if tree.harness == "claude" or seed % 3 == 1:
        assert tree.truth == {name: actual[name] for name in tree.truth}


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS, SEEDS)
def test_any_history_of_a_claude_tree_gives_the_ledger_of_one_import(seed: int, history: int) -> None:
    """Splits into appends, file orders, repeats, copies in other roots and touched times change nothing."""
    tree = claude_logs.tree(seed)

    with workshop() as folder:
        same(billing(clean_content(tree)), billing(content(live_through(tree, folder, history))))


@pytest.mark.parametrize("version_7", [True, False])
def test_any_history_of_a_codex_tree_gives_the_ledger_of_one_import(version_7: bool) -> None:
    """The same for rollouts, with ids that hold their time and with ids that do not."""

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(SEEDS, SEEDS)
    def check(seed: int, history: int) -> None:
        tree = codex_logs.tree(seed, version_7=version_7)
        with workshop() as folder:
            same(billing(clean_content(tree)), billing(content(live_through(tree, folder, history))))

    check()


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS, SEEDS)
def test_truncated_rotated_and_deleted_sources_lose_nothing(seed: int, history: int) -> None:
    """Whatever happens to a file after it was read, the ledger ends as if nothing had happened to it."""
    tree = a_tree(seed)

    with workshop() as folder:
        same(billing(clean_content(tree)), billing(content(live_through(tree, folder, history, losses=True))))


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS, SEEDS)
def test_how_sessions_are_described_depends_on_the_bytes_only(seed: int, history: int) -> None:
    """Folder and branch of a session are those of its latest record, whatever was read first and in how many pieces."""
    tree = a_tree(seed)

    with workshop() as folder:
        same(described(clean_content(tree)), described(content(live_through(tree, folder, history))))


def described(rows: list[str]) -> list[str]:
    """The rows of sessions."""
    return [row for row in rows if row.startswith("session\t")]


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS)
def test_a_ledger_without_any_source_left_keeps_all_calls(seed: int) -> None:
    """Deleting every log and refreshing changes no row."""
    tree = a_tree(seed)
    with workshop() as folder:
        root, ledger = tree.write(folder / "logs"), folder / "ledger.db"
        ingest(ledger, tree.harness, root)
        before = content(ledger)
        for path in tree.files:
            (root / path).unlink()

        ingest(ledger, tree.harness, root)

        assert before == content(ledger)


def fork_of(lines: int) -> Tree:
    """A fork of at least so many lines, with its parent."""
    for seed in range(10_000):
        tree = claude_logs.tree(seed, turns=lines // 5)
        forks = {path: text for path, text in tree.files.items() if "/f0" in path and len(text) >= lines}
        if forks:
            return tree
    raise AssertionError("no seed gives such a fork")


def cuts_of(tree: Tree, count: int) -> list[int]:
    """Byte offsets spread over the fork's file, some of them right around line ends."""
    path = next(path for path in tree.files if "/f0" in path)
    size = len(tree.text(path))
    first = tree.text(path).index(b"\n")
    return [first - 1, first, first + 1, *(size * nth // count for nth in range(1, count)), size - 1]


def test_a_fork_cut_at_any_byte_into_two_refreshes_is_counted_once() -> None:
    """Wherever the first refresh ends, the second one completes the same ledger, session by session."""
    tree = fork_of(60)
    path = next(path for path in tree.files if "/f0" in path)
    expected = clean_content(tree)
    whole = {one: len(tree.text(one)) for one in tree.files}

    for cut in cuts_of(tree, 2_000 if LONG else 40):
        with workshop() as folder, small_pieces(chunk=4_096):
            ingest(folder / "ledger.db", "claude", tree.write(folder / "logs", whole | {path: cut}))
            ingest(folder / "ledger.db", "claude", tree.write(folder / "logs"))
            same(billing(expected), billing(content(folder / "ledger.db")))


def test_a_fork_cut_in_two_may_be_read_by_two_processes() -> None:
    """The parser's state crosses from one process to the next through the ledger."""
    tree = fork_of(60)
    path = next(path for path in tree.files if "/f0" in path)
    whole = {one: len(tree.text(one)) for one in tree.files}
    expected = clean_content(tree)

    for cut in cuts_of(tree, 3)[1:4]:
        with workshop() as folder:
            for sizes in (whole | {path: cut}, whole):
                import_in_a_process(folder / "ledger.db", tree, tree.write(folder / "logs", sizes))
            same(billing(expected), billing(content(folder / "ledger.db")))


def import_in_a_process(ledger: Path, tree: Tree, root: Path) -> None:
    """One refresh in a process of its own."""
    command = [sys.executable, "-m", "laws.runner", "import", str(ledger), tree.harness, str(root)]
    subprocess.run(command, check=True, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
