"""Killed at any moment, an import leaves a sound ledger that the next refresh completes; others read on meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from random import Random
from typing import TYPE_CHECKING

import pytest

from laws import claude_logs, codex_logs
from laws.runner import import_slowly
from laws.trees import LONG, Tree, billing, clean_content, rows, same, workshop
from support import content, ingest
from whyburn.errors import BusyError
from whyburn.ledger.database import open_writer, refresh_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KILLS, KILLS_A_ROUND = (52 if LONG else 8), 4


def a_long_tree(seed: int) -> Tree:
    """Enough lines for many small transactions."""
    return (claude_logs.tree, codex_logs.tree)[seed % 2](seed, turns=400)


@contextmanager
def started(command: str, ledger: Path, *rest: str) -> Iterator[subprocess.Popen[str]]:
    """A process of the runner, killed at the end if it still runs."""
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    process = subprocess.Popen(
        [sys.executable, "-m", "laws.runner", command, str(ledger), *rest], env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(process: subprocess.Popen[str]) -> None:
    """Until the process holds the lock and is about to import."""
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n", process.communicate()


@pytest.mark.parametrize("seed", range(KILLS // KILLS_A_ROUND))
def test_kills_at_random_moments_lose_and_double_nothing(seed: int) -> None:
    """With a second process refreshing under the lock and a third one reading, all of them survive every kill."""
    rng = Random(seed)
    tree = a_long_tree(seed)
    with workshop() as folder:
        ledger, root = folder / "ledger.db", tree.write(folder / "logs")
        killed, seconds = 0, duration_of_an_import(tree, root, folder / "other.db")
        with started("read", ledger) as reader:
            for nth in range(KILLS_A_ROUND):
                with started("import-slowly", ledger, tree.harness, str(root), "full") as importer:
                    wait_for(importer)
                    with started("refresh", ledger, tree.harness, str(root)) if nth == 2 else nullcontext():
                        time.sleep(rng.uniform(0, seconds))
                        killed += importer.poll() is None
                        importer.kill()
                assert_sound(ledger)
            assert reader.poll() is None, reader.communicate()

        ingest(ledger, tree.harness, root)

        assert_sound(ledger)
        assert killed > 0
        same(billing(content(folder / "other.db")), billing(content(ledger)))


def duration_of_an_import(tree: Tree, root: Path, ledger: Path) -> float:
    """How long there is something to kill."""
    began = time.perf_counter()
    import_slowly(ledger, tree.harness, root)
    return time.perf_counter() - began


def assert_sound(ledger: Path) -> None:
    """SQLite finds no damage, and the sums are those of the calls."""
    if not ledger.exists() or not rows(ledger, "SELECT 1 FROM sqlite_master WHERE name = 'rollup'"):
        return
    assert rows(ledger, "PRAGMA integrity_check") == [("ok",)]
    assert rows(ledger, "SELECT count(*) FROM call") == rows(ledger, "SELECT count(*) FROM call_key")
    assert rows(ledger, "SELECT coalesce(sum(requests), 0) FROM call WHERE counted") == rows(
        ledger, "SELECT coalesce(sum(calls), 0) FROM rollup"
    )


@pytest.mark.parametrize("after", [3, 40, 160, 400] if not LONG else range(1, 800, 16))
def test_a_kill_inside_a_write_transaction_leaves_no_half_batch(after: int) -> None:
    """The process dies by its own hand in the middle of a transaction, after so many statements."""
    tree = a_long_tree(3)
    with workshop() as folder:
        ledger, root = folder / "ledger.db", tree.write(folder / "logs")
        with started("die-writing", ledger, tree.harness, str(root), str(after)) as process:
            assert process.wait(30) == -9
        assert_sound(ledger)

        ingest(ledger, tree.harness, root)

        assert_sound(ledger)
        same(billing(clean_content(tree)), billing(content(ledger)))


def test_two_refreshes_under_the_lock_give_one_ledger() -> None:
    """Two processes that import the same logs at the same time wait for each other."""
    tree = a_long_tree(2)
    with workshop() as folder:
        ledger, root = folder / "ledger.db", tree.write(folder / "logs")
        arguments = ("import-slowly", ledger, tree.harness, str(root))
        with started(*arguments) as one, started(*arguments) as other:
            assert (one.wait(60), other.wait(60)) == (0, 0)

        same(billing(clean_content(tree)), billing(content(ledger)))


def test_two_refreshes_without_the_lock_double_nothing() -> None:
    """The comparison of checkpoints in the transaction keeps them apart; one of them may give up, with one line."""
    tree = a_long_tree(2)
    with workshop() as folder:
        ledger, root = folder / "ledger.db", tree.write(folder / "logs")
        open_writer(str(ledger)).close()
        arguments = ("import-unlocked", ledger, tree.harness, str(root))
        with started(*arguments) as one, started(*arguments) as other:
            for process in (one, other):
                said = process.communicate(timeout=60)[1]
                assert process.returncode == 0 or "LedgerError: another program keeps changing" in said, said
        ingest(ledger, tree.harness, root)

        assert_sound(ledger)
        same(billing(clean_content(tree)), billing(content(ledger)))


def test_the_lock_of_a_killed_process_is_free() -> None:
    """No lock outlives the process that held it."""
    tree = a_long_tree(2)
    with workshop() as folder:
        ledger, root = folder / "ledger.db", tree.write(folder / "logs")
        with started("import-slowly", ledger, tree.harness, str(root)) as process:
            wait_for(process)
            with (
                pytest.raises(BusyError, match="another whyburn is refreshing"),
                refresh_lock(str(ledger), wait_seconds=0),
            ):
                pass

        with refresh_lock(str(ledger), wait_seconds=5):
            assert_sound(ledger)
