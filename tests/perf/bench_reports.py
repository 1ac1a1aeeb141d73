"""Print how long reports take on synthetic data: `python tests/perf/bench_reports.py [--calls 1000000]`.

Not a test and not collected by pytest: a clock belongs in no assertion. Each command runs as a process of its own; its
CPU time is the median of several runs, less that of a bare interpreter.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from whyburn.api import costing
from whyburn.api.workspace import Workspace
from whyburn.ledger import database, rollups
from whyburn.ledger.batch import Batch
from whyburn.ledger.interning import Interner
from whyburn.ledger.store import Store
from whyburn.model import OWN, Call, call_key
from whyburn.settings.loader import load
from whyburn.settings.paths import resolve_paths

DAYS = 120
MODELS = ("claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001", "gpt-5.1-codex")
COMMANDS = (
    "--version",
    "statusline --no-refresh",
    "usage today --no-refresh",
    "usage daily --no-refresh",
    "usage summary --no-refresh",
    "usage sessions --no-refresh",
    "usage by project,model --no-refresh",
)


def build(path: Path, calls: int, seed: int = 1) -> None:
    """A ledger of so many calls in sessions of about forty, spread over the last 120 days."""
    rng = random.Random(seed)
    paths = resolve_paths(db=str(path), environ={"HOME": str(path.parent)})
    workspace = Workspace(paths, load(paths, {}), {})
    db = database.open_writer(str(path))
    now = time.time_ns() // 1_000_000
    with database.transaction(db):
        machine = database.local_machine(db, "bench", now)
        db.execute("INSERT INTO meta VALUES('costing', ?)", (costing.costing_hash(workspace.settings),))
    store = Store(db, Interner(db, machine), costing.pricer(db, workspace.settings))
    made = 0
    while made < calls:
        batch = Batch("claude", 1)
        for _ in range(150):
            made += _session(batch, rng, now, made)
        with database.transaction(db):
            store.write(batch)
    with database.transaction(db):
        rollups.rebuild_hours(db)
        db.execute("INSERT INTO meta VALUES('refreshed_ms', ?)", (str(now),))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _session(batch: Batch, rng: random.Random, now: int, number: int) -> int:
    session = f"session-{number:08d}"
    at_ms = now - rng.randrange(DAYS * 86_400_000)
    model, cwd = rng.choice(MODELS), f"/home/dev/project{rng.randrange(25)}"
    size = rng.randrange(10, 71)
    for n in range(size):
        at_ms += rng.randrange(5_000, 240_000)
        key = call_key("claude", f"{session}-{n}", "r")
        cached = 20_000 + 1_500 * n
        batch.calls[key] = (
            Call(key, session, None, at_ms, 5, rng.randrange(40, 2_000), None, cached, 1_500, 0, 0, OWN, n, model,
                 "anthropic" if model.startswith("claude") else "openai", cwd),
            1,
        )  # fmt: skip
    return size


def cpu_ms(command: list[str], runs: int) -> float:
    """Median CPU of a command, user and system, in milliseconds."""
    found = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(found) * 1000


def main() -> None:
    """Build the ledger, time the commands, print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=200_000)
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--db", type=Path, help="keep the ledger here and use it again")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = asked.db or Path(folder) / "bench.db"
        if not path.exists():
            began = time.process_time()
            build(path, asked.calls)
            print(f"stored {asked.calls:,} calls in {time.process_time() - began:.1f} s CPU")
        print(f"{path.stat().st_size / asked.calls:.0f} bytes a call")
        bare = cpu_ms([sys.executable, "-c", "pass"], asked.runs)
        print(f"{'command':40} ms over a bare interpreter ({bare:.0f} ms)")
        for command in COMMANDS:
            took = cpu_ms([sys.executable, "-m", "whyburn", "--db", str(path), *command.split()], asked.runs)
            print(f"{command:40} {took - bare:8.0f}")


if __name__ == "__main__":
    main()
