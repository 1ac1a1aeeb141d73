"""The cases of the conformance suite: a folder of logs each, and the ledger that they must give.

`<harness>/<case>/` holds log files as a harness would write them, and `expected.toml`:

* `why`: what the case shows; docs/accounting.md carries the same sentences.
* `[total]`: calls, token classes, searches, `unpriced` calls, `problems`, `copied_only` (calls known only from a copied
  history), `flags`, `source_usd` (what the log recorded) and `cost_usd`. What is not named is zero or absent.
* `[session.ID]`, `[agent."SESSION/AGENT"]`, `[model.ID]`, `[day.DATE]` (in `zone`): every row that the ledger has, with
  the fields that matter; `tokens` is prompt plus output.
* `[[quota]]`: the rate-limit states kept.
* `[prepare]`: what is made when the test runs, because it does not belong into git: compressed files, a huge
  line, a deeply nested one.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import zstandard

HERE = Path(__file__).parent
HUGE = 200 * 1024 * 1024
DEEP = 100_000


class Case(NamedTuple):
    """One known way to miscount."""

    name: str
    expected: dict[str, Any]

    @property
    def harness(self) -> str:
        """The harness whose logs these are."""
        return self.name.partition("/")[0]

    def logs(self, into: Path) -> Path:
        """A copy of the case's log files that a test may add to."""
        root = into / "logs"
        shutil.copytree(HERE / self.name, root, ignore=shutil.ignore_patterns("expected.toml"))
        wanted = self.expected.get("prepare", {})
        for path in wanted.get("compress", []):
            _compress(root / path)
            (root / path).unlink()
        for path in wanted.get("compress_beside", []):
            _compress(root / path)
        if "huge_line_in" in wanted:
            _put_huge_line_first(root / wanted["huge_line_in"])
        if "deep_line_in" in wanted:
            _put_deep_line_first(root / wanted["deep_line_in"])
        return root


def every_case() -> list[Case]:
    """All cases, by name."""
    found = sorted(HERE.glob("*/*/expected.toml"))
    return [
        Case(f"{path.parent.parent.name}/{path.parent.name}", tomllib.loads(path.read_text("utf-8"))) for path in found
    ]


def log_files(root: Path) -> list[Path]:
    """The log files below a folder, in the order of their names."""
    return sorted(path for path in root.rglob("*") if path.name.endswith((".jsonl", ".jsonl.zst")))


def _compress(path: Path) -> None:
    path.with_name(path.name + ".zst").write_bytes(zstandard.ZstdCompressor().compress(path.read_bytes()))


def _put_huge_line_first(path: Path) -> None:
    """A record of 200 MB before the others; the middle of it is a hole in the file and costs no disk."""
    records = path.read_bytes()
    with path.open("wb") as file:
        file.write(b'{"type":"user","message":{"role":"user","content":"')
        file.seek(HUGE)
        file.write(b'"}}\n' + records)


def _put_deep_line_first(path: Path) -> None:
    """A record of 100,000 nested lists that names usage, so that a reader has to look at it."""
    records = path.read_bytes()
    path.write_bytes(b'{"output_tokens":1,"content":' + b"[" * DEEP + b"]" * DEEP + b"}\n" + records)
