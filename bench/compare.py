"""Compare whyburn with any peer command on generated logs: paired rounds, CPU and peak memory, ratios round by round.

    python bench/compare.py --logs OUT/claude-1g --harness claude \\
        --peer 'ccusage claude daily --offline --json' --peer-env CLAUDE_CONFIG_DIR=OUT/claude-1g

Prints a Markdown table of medians: a cold import, the same report again, and the report after some sessions have grown
(`--grow COMMAND` makes them grow). Without `--logs`, `bench/make_logs.py` writes a small tree first. POSIX only.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """What one process used: CPU seconds (user and system) and peak memory in MB."""

    cpu: float
    peak: float


def run(command: list[str], env: dict[str, str]) -> Run:
    """Run a command to its end, its output thrown away."""
    pid = os.posix_spawnp(command[0], command, env, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ])  # fmt: skip
    _, status, use = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} failed")
    scale = 1 if sys.platform == "darwin" else 1024
    return Run(use.ru_utime + use.ru_stime, use.ru_maxrss * scale / 1e6)


def wipe(ledger: Path) -> None:
    """Remove a ledger with its companions."""
    for suffix in ("", "-wal", "-shm", ".lock"):
        ledger.with_name(ledger.name + suffix).unlink(missing_ok=True)


def main() -> None:
    """See the module's text."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--harness", choices=["claude", "codex"], default="claude")
    options.add_argument("--logs", type=Path)
    options.add_argument("--peer", help="a command that reports the same logs from scratch")
    options.add_argument("--peer-env", action="append", default=[], metavar="NAME=VALUE")
    options.add_argument("--grow", help="a command that makes some sessions grow")
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        logs = asked.logs or Path(folder) / "logs"
        if asked.logs is None:
            script = str(Path(__file__).with_name("make_logs.py"))
            subprocess.run([sys.executable, script, str(logs), asked.harness], check=True)
        ledger = Path(folder) / "bench.db"
        ours = [sys.executable, "-m", "whyburn", "--db", str(ledger)]
        refresh = [*ours, "refresh", "--no-run", "--harness", asked.harness, "--source", str(logs), "--json"]
        report = [*ours, "usage", "daily", "--json", "--no-refresh"]
        peer_env = {**os.environ, **dict(pair.split("=", 1) for pair in asked.peer_env)}
        rows: dict[str, list[Run]] = {"peer": [], "cold import": [], "same report again": [], "after growth": []}
        for round_ in range(-1, asked.rounds):
            wipe(ledger)
            took = {}
            if asked.peer:
                took["peer"] = run(shlex.split(asked.peer), peer_env)
            took["cold import"] = run(refresh, dict(os.environ))
            again, shown = run(refresh, dict(os.environ)), run(report, dict(os.environ))
            took["same report again"] = Run(again.cpu + shown.cpu, max(again.peak, shown.peak))
            if asked.grow:
                subprocess.run(shlex.split(asked.grow), check=True, stdout=subprocess.DEVNULL)
                grown, shown = run(refresh, dict(os.environ)), run(report, dict(os.environ))
                took["after growth"] = Run(grown.cpu + shown.cpu, max(grown.peak, shown.peak))
            if round_ >= 0:
                for name, one in took.items():
                    rows[name].append(one)
        print_table(rows)


def print_table(rows: dict[str, list[Run]]) -> None:
    """Medians, and ratios to the peer taken round by round."""
    print("| what | CPU s | peak MB | CPU / peer |\n| --- | ---: | ---: | ---: |")
    for name, runs in rows.items():
        if not runs:
            continue
        ratio = "-"
        if rows["peer"]:
            ratio = f"{statistics.median(a.cpu / b.cpu for a, b in zip(runs, rows['peer'], strict=True)):.3f}"
        cpu, peak = statistics.median(one.cpu for one in runs), max(one.peak for one in runs)
        print(f"| {name} | {cpu:.3f} | {peak:.0f} | {ratio} |")


if __name__ == "__main__":
    main()
