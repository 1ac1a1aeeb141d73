"""How well the findings are found: a table over simulated sessions with known causes.

    python bench/detectors.py [SEEDS]

For each id of the catalogue: causes put into healthy sessions and found, false alarms (in benign twins, in near misses,
beside other causes, in healthy sessions), and how far the claimed saving is from billing the session again without the
cause. The simulator is the one of the tests; it shares no code with the program.
"""

from __future__ import annotations

import os
import sys
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests"))

from laws_postmortem.scoring import clean_alarms, joints, score, sized
from laws_postmortem.whole import examined
from simulator import IDS, harnesses, random_script, seeded
from whyburn.postmortem.judge import WIDTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from laws_postmortem.scoring import Alarm, Joint, Score, Sized
    from simulator import Script
    from whyburn.postmortem.anatomy import Grade

_HEAD = "{:22} {:>5} {:>5} {:>6} {:>5} {:>5} {:>7} {:>6} {:>7} {:>10} {:>8} {:>8}"
_SIZES = "{:>5} {:>7} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>10} {:>9}"
_LEAST = 50
"""Tokens; the errors of smaller blocks are rounding."""


def main(seeds: int) -> None:
    """Print everything."""
    scores, healthy = score(range(seeds)), list(clean_alarms(range(seeds)))
    for alarm in healthy:
        scores[alarm.id].alarms.append(alarm)
    print(_HEAD.format("finding", "cases", "found", "missed", "twin", "near", "beside", "clean", "recall", "precision",
                       "median", "worst"))  # fmt: skip
    for name, one in sorted(scores.items()):
        print(_row(name, one))
    print(_row("all", _sum(list(scores.values()))))
    print("\njoint saving of mixed sessions, claimed over billed again")
    _joint_table(list(joints(range(seeds))))
    print("\nthe same where the provider rounds nothing (no tail behind the last breakpoint, no steps of 128 tokens)")
    _joint_table(list(joints(range(seeds), rounded=False)))
    _sizes(seeds * 40)
    _details(scores)


def _sum(scores: Sequence[Score]) -> Score:
    whole = type(scores[0])()
    for one in scores:
        whole.cases += one.cases
        whole.missed += one.missed
        whole.alarms += one.alarms
        whole.errors += one.errors
    return whole


def _row(name: str, one: Score) -> str:
    where = [_place(alarm) for alarm in one.alarms]
    errors = [error for error, _ in one.errors]
    recall = one.hits / one.cases if one.cases else 1
    precision = one.hits / (one.hits + len(where)) if one.hits else 0
    middle = f"{100 * median(errors):+.2f} %" if errors else "–"
    worst = f"{100 * max(errors, key=abs):+.2f} %" if errors else "–"
    places = (where.count(kind) for kind in ("twin", "near", "beside", "clean"))
    return _HEAD.format(name, one.cases, one.hits, len(one.missed), *places, f"{recall:.3f}", f"{precision:.3f}",
                        middle, worst)  # fmt: skip


def _place(alarm: Alarm) -> str:
    return "beside" if " of " in alarm.where else alarm.where


def _joint_table(found: Sequence[Joint]) -> None:
    for names in dict.fromkeys(one.names for one in found):
        errors = [one.claimed / one.true - 1 for one in found if one.names == names]
        print(f"  {', '.join(names):60} {len(errors):3} sessions  median {100 * median(errors):+.3f} %  "
              f"worst {100 * max(errors, key=abs):+.3f} %  over {sum(error > 0 for error in errors)}")  # fmt: skip
    bills = [(one.claimed - one.true) / one.bill for one in found]
    print(f"  of the bill: median {100 * median(bills):+.3f} %, worst {100 * max(bills, key=abs):+.3f} %")


def _sizes(sessions: int) -> None:
    """How far sizes are off, by their grade, where logs tell everything and where they do not."""
    told = (seeded(name, n, harnesses(name)[0]).script for n in range(sessions // len(IDS) + 1) for name in IDS)
    _size_table(f"{sessions} sessions whose logs tell all that entered", islice(told, sessions))
    _size_table(f"{sessions} random sessions: text that no log shows enters before two calls of five, bytes are off by "
                "up to a tenth", map(random_script, range(sessions)))  # fmt: skip


def _size_table(title: str, scripts: Iterable[Script]) -> None:
    by_grade: dict[Grade, list[Sized]] = {"A": [], "B": [], "C": [], "D": []}
    for seed, script in enumerate(scripts):
        for one in sized(examined(script, seed=seed)):
            if one.true >= _LEAST:
                by_grade[one.grade].append(one)
    print(f"\nsizes of blocks of at least {_LEAST} tokens in {title}: error by grade")
    print(_SIZES.format("grade", "blocks", "exact", "median", "80 %", "90 %", "95 %", "width", "within it", "of money"))
    for grade, found in by_grade.items():
        if found:
            print(_size_row(grade, found))


def _size_row(grade: Grade, found: Sequence[Sized]) -> str:
    errors, width = sorted(one.error for one in found), WIDTHS[grade]
    places = [f"{100 * errors[int(share * (len(errors) - 1))]:.1f} %" for share in (0.5, 0.8, 0.9, 0.95)]
    inside = [one for one in found if one.error * 100 <= width]
    money = sum(one.true_cost for one in inside) / max(sum(one.true_cost for one in found), 1)
    exact = sum(error == 0 for error in errors) / len(errors)
    return _SIZES.format(grade, len(found), f"{100 * exact:.1f} %", *places, f"{width} %",
                         f"{100 * len(inside) / len(found):.1f} %", f"{100 * money:.1f} %")  # fmt: skip


def _details(scores: dict[str, Score]) -> None:
    print("\nmissed and false")
    for name, one in sorted(scores.items()):
        for session in one.missed:
            print(f"  {name}: missed in {session}")
        for alarm in one.alarms:
            print(f"  {name}: alarm in {alarm.where}, {alarm.session}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8)
