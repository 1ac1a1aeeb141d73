"""Findings as a page shows them: money first, then what, evidence, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from whyburn.views import words
from whyburn.views.page import numbers
from whyburn.views.page.engine import own
from whyburn.views.page.session_tables import spot_of, spot_of_call
from whyburn.views.page.tables import Cell, Table, money, name, number, word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.findings.interface import Finding
    from whyburn.postmortem.judge import Judged
    from whyburn.postmortem.report import Report
    from whyburn.views.page.engine import Voice

_MOST_EVIDENCE = 5
_MOST_MINOR = 40
_MOST_TITLE = 160
SIZES = {"A": "measured", "B": "split by bytes", "C": "estimated", "D": "only bounded"}
CAUSES = {1: "arithmetic on billed counters", 2: "seen in the log", 3: "behaviour, side effects possible",
          4: "the model would have to act differently"}  # fmt: skip


class Place(NamedTuple):
    """A place that proves a finding."""

    call: int | None
    """From 1."""
    turn: int | None
    spot: str
    note: str


class Shown(NamedTuple):
    """One finding."""

    id: str
    anchor: str
    title: str
    fix: str
    saving: int
    incremental: int
    low: int
    high: int
    exposure: int | None
    share: Markup
    """Of the bill: what it adds to the joint saving, else what is involved."""
    confidence: str
    size: str
    cause: str
    notable: bool
    option: bool
    places: list[Place]
    more: int
    """Places that are not listed."""
    counter: tuple[str, ...]


def shown_findings(report: Report) -> list[Shown]:
    """All findings in the order of the verdict."""
    return [_shown(report, one, at) for at, one in enumerate(report.verdict.findings)]


def minor(findings: Sequence[Shown], voice: Voice, places: int) -> Table:
    """Findings too small to matter, one line each."""
    found = Table("minor", [number("saving"), number("involved", minor=True), name("finding"), word("id", minor=True),
                            word("in the log", minor=True)])  # fmt: skip
    for one in [one for one in findings if not one.notable][:_MOST_MINOR]:
        place = one.places[0] if one.places else None
        title = words.cut(voice.text(one.title), _MOST_TITLE)
        found.add(
            money(one.saving, places), money(one.exposure, places), Cell(Markup.escape(title)),
            Cell(own(one.id), code=True), Cell(Markup(""), spot=place.spot if place else ""),
        )  # fmt: skip
    return found


def _shown(report: Report, judged: Judged, at: int) -> Shown:
    one = judged.finding
    return Shown(
        one.id, f"finding-{at + 1}", one.title, one.fix, judged.saving, judged.incremental,
        judged.low, judged.high, one.exposure, numbers.percent(judged.incremental or one.exposure or 0, report.cost),
        judged.confidence, SIZES[one.size_grade], CAUSES[one.cause_grade], judged.notable, one.option,
        list(_places(report.anatomy, one))[:_MOST_EVIDENCE], max(len(one.evidence) - _MOST_EVIDENCE, 0), one.counter,
    )  # fmt: skip


def _places(anatomy: Anatomy, finding: Finding) -> Iterator[Place]:
    for one in finding.evidence:
        piece = None if one.piece is None else anatomy.pieces[one.piece]
        call = None if one.call is None else anatomy.calls[one.call]
        spot = spot_of(piece) or ("" if call is None else spot_of_call(call))
        yield Place(None if call is None else call.index + 1, None if call is None else call.turn, spot, one.note)
