"""What a postmortem costs: `explain`, `why` and `overview` on a very long session and on a tree of ordinary ones.

    python bench/explain.py [--against COMMAND] [--against-overview COMMAND] [--rounds N] [--folder FOLDER]

Writes invented Claude Code logs: one session of 90 MB, and 100 MB in sessions of two. Then prints CPU seconds (user and
system) and peak memory of each command, first with an empty ledger, then again. A command given with `--against` runs
on the long session, one with `--against-overview` on the tree, with the same HOME; ratios to it are medians of rounds.
`--folder` keeps the logs there for the next time. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shlex
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from compare import Run, run

_WORDS = ("cart", "total", "price", "item", "stock", "user", "cache", "query", "parser", "model", "retry", "token")
_SHAPES = ("    {} = {}({}.{}, {})", "def {}({}):  # {}", "src/{}/{}.py:{}: {}", "{}: {} {} {}", '  "{}": ["{}", {}],')
_COMPACTED_AT = 160_000
_STEPS_PER_TURN = 14
_BYTES_PER_TOKEN = 4


class Session:
    """Writes one session, record by record, as Claude Code does; the prompt grows until it is compacted."""

    def __init__(self, folder: Path, rng: random.Random, pool: list[str], began: datetime) -> None:
        self._rng, self._pool, self._at = rng, pool, began
        self._id, self._tip, self._read, self._new, self._step = self._uuid(), None, 0, 14_000, 0
        self.file = (folder / f"{self._id}.jsonl").open("w")

    def write(self, size: int) -> None:
        """Turns until the file has so many bytes."""
        while self.file.tell() < size:
            asked = f"Please fix {' '.join(self._rng.choices(_WORDS, k=9))}"
            self._put("user", message={"role": "user", "content": asked})
            for _ in range(self._rng.randrange(2, _STEPS_PER_TURN)):
                self._tool()
            self._answer([{"type": "text", "text": self._text(400)}])
            if self._read > _COMPACTED_AT:
                self._compact()
        self.file.close()

    def _tool(self) -> None:
        """A request for a tool, and its result; most bytes are files and outputs, which the log holds twice."""
        ident, path = f"toolu_{self._rng.getrandbits(64):016x}", f"/home/dev/shop/src/{self._rng.choice(_WORDS)}.py"
        name, given, most = self._rng.choice([
            ("Read", {"file_path": path}, 16_000), ("Bash", {"command": f"python -m pytest {path} -q"}, 12_000),
            ("Bash", {"command": f"git diff HEAD -- {path} | head -200"}, 6_000),
            ("Grep", {"pattern": self._rng.choice(_WORDS), "path": "src"}, 4_000),
            ("Edit", {"file_path": path, "old_string": self._text(200), "new_string": self._text(240)}, 900),
        ])  # fmt: skip
        self._answer([{"type": "tool_use", "id": ident, "name": name, "input": given}])
        text = self._text(self._rng.randrange(200, most))
        result = {"type": "tool_result", "tool_use_id": ident, "content": text}
        self._put("user", message={"role": "user", "content": [result]}, toolUseResult={"stdout": text})
        self._new += len(text) // _BYTES_PER_TOKEN

    def _answer(self, content: list[dict[str, Any]]) -> None:
        """One billed request."""
        output = len(json.dumps(content)) // _BYTES_PER_TOKEN + 20
        usage = {
            "input_tokens": 4, "cache_read_input_tokens": self._read, "cache_creation_input_tokens": self._new,
            "output_tokens": output,
        }  # fmt: skip
        self._step += 1
        ids = f"{self._id[:8]}{self._step:06}"
        self._put("assistant", requestId=f"req_{ids}", message={
            "id": f"msg_{ids}", "role": "assistant", "model": "claude-sonnet-4-5-20250929", "content": content,
            "stop_reason": "tool_use", "usage": usage,
        })  # fmt: skip
        self._read, self._new = self._read + self._new, output

    def _compact(self) -> None:
        self._put("system", subtype="compact_boundary", compactMetadata={"trigger": "auto", "preTokens": self._read})
        self._put("user", isCompactSummary=True, message={"role": "user", "content": self._text(8_000)})
        self._read, self._new = 14_000, 2_000

    def _put(self, kind: str, **fields: Any) -> None:
        uuid, self._at = self._uuid(), self._at + timedelta(seconds=self._rng.randrange(2, 30))
        record = {
            "parentUuid": self._tip, "isSidechain": False, "userType": "external", "cwd": "/home/dev/shop",
            "sessionId": self._id, "version": "2.1.12", "gitBranch": "main", "type": kind, "uuid": uuid,
            "timestamp": f"{self._at:%Y-%m-%dT%H:%M:%S}.000Z", **fields,
        }  # fmt: skip
        self.file.write(json.dumps(record, separators=(",", ":")) + "\n")
        self._tip = uuid

    def _text(self, size: int) -> str:
        start = self._rng.randrange(len(self._pool) - 1_000)
        return "\n".join(self._pool[start : start + size // 40 + 1])[:size]

    def _uuid(self) -> str:
        return str(UUID(int=self._rng.getrandbits(128), version=4))


def write_logs(home: Path, megabytes: int, *, of: int) -> None:
    """Sessions of `of` megabytes each below a home folder; nothing where some are already."""
    folder = home / ".claude/projects/-home-dev-shop"
    if folder.exists():
        return
    folder.mkdir(parents=True)
    rng = random.Random(megabytes)
    pool = [rng.choice(_SHAPES).format(*rng.choices(_WORDS, k=5)) + f"  {rng.randrange(10_000)}" for _ in range(50_000)]
    for nth in range(max(1, megabytes // of)):
        Session(folder, rng, pool, datetime(2031, 3, 1, 9, tzinfo=UTC) + timedelta(hours=7 * nth)).write(of * 1_000_000)


def measured(home: Path, rounds: int, against: str | None, commands: dict[str, list[str]]) -> dict[str, list[Run]]:
    """What each command used, round by round; every round begins with an empty ledger."""
    env = {**os.environ, "HOME": str(home)}
    found: dict[str, list[Run]] = {name: [] for name in ("against", *commands)}
    for _ in range(rounds):
        shutil.rmtree(home / ".local", ignore_errors=True)
        if against:
            found["against"].append(run(shlex.split(against), env))
        for name, command in commands.items():
            found[name].append(run([sys.executable, "-m", "whyburn", *command], env))
    return found


def print_rows(rows: dict[str, list[Run]]) -> None:
    """Medians of CPU, the highest peak, and the ratio to the other command."""
    for name, runs in rows.items():
        if runs:
            cpu, peak = statistics.median(one.cpu for one in runs), max(one.peak for one in runs)
            pairs = zip(runs, rows["against"], strict=False)
            ratios = [mine.cpu / other.cpu for mine, other in pairs]
            print(f"| {name} | {cpu:.3f} | {peak:.0f} | {f'{statistics.median(ratios):.3f}' if ratios else '-'} |")


def main() -> None:
    """See the module's text."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--against", metavar="COMMAND", help="runs on the long session")
    options.add_argument("--against-overview", metavar="COMMAND", help="runs on the tree")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--folder", type=Path, help="keep the logs here")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        write_logs(folder / "long", 90, of=90)
        write_logs(folder / "tree", 100, of=2)
        print("| what | CPU s | peak MB | CPU / against |\n| --- | ---: | ---: | ---: |")
        explain, why = ["explain", "--last", "--json"], ["why"]
        overview = ["overview", "--json", "--limit", "100"]
        told = {"explain, first": explain, "explain, again": explain, "why, again": why}
        print_rows(measured(folder / "long", asked.rounds, asked.against, told))
        print_rows(measured(folder / "long", asked.rounds, None, {"why, first": why}))
        told = {"overview, first": overview, "overview, again": overview}
        print_rows(measured(folder / "tree", asked.rounds, asked.against_overview, told))


if __name__ == "__main__":
    main()
