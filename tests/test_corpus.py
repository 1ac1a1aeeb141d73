"""Real logs, where there are some: totals equal to those that somebody counted by hand from the raw lines.

The environment variable WHYBURN_CORPUS names a folder with one folder of logs for each harness and an `EXPECTED.tsv`
beside them (harness, source, input, output, reasoning, cache_read, cache_write, cost, verdict, why). Rows of the source
`reference` whose verdict begins with RIGHT are the ones that count.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import content, ingest, totals

if TYPE_CHECKING:
    from collections.abc import Iterable

CLASSES = ("input", "output", "reasoning", "cache_read", "cache_write")


def _corpus() -> Path:
    named = os.environ.get("WHYBURN_CORPUS")
    if not named or not (Path(named) / "EXPECTED.tsv").is_file():
        pytest.skip("WHYBURN_CORPUS names no folder with an EXPECTED.tsv")
    return Path(named)


def _expected(lines: Iterable[str], harness: str) -> dict[str, int]:
    """The counts of the reference row; what it leaves open is not asked for, as reasoning that it did not look at."""
    for row in csv.reader((line for line in lines if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE):
        name, source, *counts, _cost, verdict = row[:9]
        if (name, source) == (harness, "reference") and verdict.startswith("RIGHT"):
            return {
                one: int(count)
                for one, count in zip(CLASSES, counts, strict=True)
                if count and (one, count) != ("reasoning", "0")
            }
    pytest.skip(f"EXPECTED.tsv has no reference for {harness}")


@pytest.mark.parametrize("harness", ["claude", "codex"])
def test_totals_are_those_counted_from_the_raw_lines(harness: str, tmp_path: Path) -> None:
    """Every class of tokens, to the token; and the same from a second complete reading."""
    corpus, ledger = _corpus(), tmp_path / "corpus.db"
    with (corpus / "EXPECTED.tsv").open(encoding="utf-8") as file:
        expected = _expected(file, harness)

    ingest(ledger, harness, corpus / harness)
    sums = totals(ledger)
    found = {**sums, "cache_write": sums["w5"] + sums["w1"] + sums["wother"]}
    before = content(ledger)
    ingest(ledger, harness, corpus / harness, full=True)

    assert {name: found[name] for name in expected} == expected
    assert content(ledger) == before


def test_the_table_is_read_by_name_and_verdict() -> None:
    """Comments, other tools' rows and wrong verdicts are passed over; an empty count is not asked for."""
    lines = [
        "# why\tnot",
        "claude\tother tool\t1\t2\t\t3\t4\t0.5\tRIGHT\tequal",
        "claude\treference\t9\t9\t9\t9\t9\t\twrong\tno",
        'claude\treference\t1\t2\t0\t3\t4\t\tRIGHT, by hand\tan odd " quote',
    ]

    assert _expected(lines, "claude") == {"input": 1, "output": 2, "cache_read": 3, "cache_write": 4}
