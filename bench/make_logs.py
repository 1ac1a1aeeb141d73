"""Write a tree of invented logs to measure with: `python bench/make_logs.py FOLDER claude|codex [MEGABYTES]`.

The shape is that of real logs (most bytes are tool output, a few percent are billing lines); the sessions are those of
the demo with padding in between. Deterministic.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from whyburn.demo.logs import write_logs

NEWEST_MS = 1_780_000_000_000


def main(folder: Path, harness: str, megabytes: int) -> None:
    """Write about so many megabytes, in copies of the demo's sessions with ids of their own."""
    rng = random.Random(7)
    words = [f"word{n}" for n in range(5_000)]
    written, number = 0, 0
    below = {"claude": ".claude/projects", "codex": ".codex/sessions"}[harness]
    while written < megabytes * 1_000_000:
        home = folder / f"home{number}"
        write_logs(str(home), NEWEST_MS - number * 3_600_000)
        for path in sorted((home / below).rglob("*.jsonl")):
            written += pad(path, rng, words, number)
        number += 1


def pad(path: Path, rng: random.Random, words: list[str], number: int) -> int:
    """Put tool output between the lines of a log and make its ids unique; its new size."""
    lines = []
    for line in path.read_text().splitlines():
        lines.append(line.replace("req_", f"req_{number}_").replace("msg_", f"msg_{number}_"))
        noise = " ".join(rng.choices(words, k=rng.randrange(20, 2_000)))
        lines.append(json.dumps({"type": "user", "message": {"role": "user", "content": noise}}))
    text = "\n".join(lines) + "\n"
    if number:
        text = text.replace(path.stem[-36:], f"{path.stem[-36:-6]}{number:06d}")
        path = path.with_name(path.name.replace(path.stem[-6:], f"{number:06d}"))
    path.write_text(text)
    return len(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 50)
