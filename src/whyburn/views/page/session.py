"""The page of one session: headline, picture, tables, answers, method.

`render_session` gives a whole HTML file. It adds nothing to a report but words: every number on the page is one of the
report's, and `data-` attributes carry the exact ones.
"""

from __future__ import annotations

import posixpath
from datetime import UTC
from typing import TYPE_CHECKING, Any

from whyburn.postmortem import strata
from whyburn.postmortem.families import FAMILIES, by_family, families_of
from whyburn.postmortem.files import normal_path
from whyburn.postmortem.redact import Redactor
from whyburn.views import words
from whyburn.views.page import diagnosis, icicle, numbers, session_tables
from whyburn.views.page.engine import Voice, own, render
from whyburn.views.page.findings import minor, shown_findings
from whyburn.views.page.marks import GLYPHS
from whyburn.views.page.strata import Drawer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from markupsafe import Markup

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.report import Report
    from whyburn.views.page.findings import Shown
    from whyburn.views.page.strata import Picture

_TOP = 3
"""Findings under the headline, as `whyburn why` has them."""


def render_session(
    report: Report, *, generated_ms: int, version: str, redact: Redactor | None = None, zone: tzinfo = UTC,
    zone_name: str = "UTC",
) -> str:  # fmt: skip
    """The page of a report. `zone` is for instants of the session."""
    voice = Voice(redact or Redactor("none"))
    return render("session.html", voice=voice, **_context(report, voice, zone), zone_name=zone_name,
                  version=version, generated=numbers.moment(generated_ms))  # fmt: skip


def _context(report: Report, voice: Voice, zone: tzinfo) -> dict[str, Any]:
    anatomy, subject = report.anatomy, report.subject
    places = numbers.places_of(report.cost)
    families = families_of(anatomy)
    labels = _labels(anatomy, subject.cwd, voice)
    rows = by_family(anatomy, families)
    findings = shown_findings(report)
    sources = [voice.place(one) for one in subject.sources]
    told = report.diagnosis

    def spot(text: str) -> Markup:
        source, _, line = text.partition(":")
        file = posixpath.basename(sources[int(source)].unescape()) if int(source) < len(sources) else "log"
        return own(f"{words.shorten(file, 16)}:{line}")

    return {
        "report": report, "subject": subject, "anatomy": anatomy, "places": places, "dollars": numbers.dollars,
        "money": numbers.money, "count": numbers.count, "count_of": numbers.count_of, "percent": numbers.percent,
        "share": numbers.share, "not_recorded": numbers.NOT_RECORDED, "rows": rows, "spot": spot, "sources": sources,
        "families": {family: own(said) for family, said in FAMILIES.items()},
        "marks": GLYPHS, "headline": _headline(report, voice, zone), "findings": findings,
        "top": _top(findings),
        "pictures": _pictures(report, places, labels, zone), "slabs": icicle.draw(anatomy, families, labels),
        "tables": {
            "what": session_tables.money_by_family(rows, places),
            "blocks": session_tables.blocks(anatomy, families, labels, places),
            "agents": session_tables.agents(anatomy, places), "turns": session_tables.turns(report, places, zone),
            "events": session_tables.events(report, places), "quality": session_tables.quality(report, places),
            "files": diagnosis.files(told, voice, places), "commands": diagnosis.commands(told, voice, places),
            "minor": minor(findings, voice, places), "phases": diagnosis.phases(told, voice, places),
        },
        "diagnosis": told, "again": diagnosis.again(told),
    }  # fmt: skip


def _labels(anatomy: Anatomy, cwd: str | None, voice: Voice) -> dict[int, str]:
    """What each piece is called; files of the project without the project's path."""
    found = {}
    for piece in anatomy.pieces:
        label = piece.label
        is_path = "/" in label and " " not in label
        found[piece.index] = (
            piece.kind if not label else voice.path(normal_path(label, cwd)) if is_path else voice.text(label)
        )  # fmt: skip
    return found


def _top(findings: Sequence[Shown]) -> list[Shown]:
    """What adds most to the joint saving."""
    adding = [one for one in findings if one.notable and one.incremental]
    return sorted(adding, key=lambda one: -one.incremental)[:_TOP]


def _headline(report: Report, voice: Voice, zone: tzinfo) -> dict[str, Any]:
    anatomy, subject = report.anatomy, report.subject
    calls = anatomy.billed
    models: dict[str, int] = {}
    for call in calls:
        models[call.model] = models.get(call.model, 0) + (call.cost or 0)
    ranked = sorted(models, key=lambda one: (-models[one], one))
    facts = [
        own(" + ".join(ranked[:2]) + (f" + {len(ranked) - 2} more" if len(ranked) > 2 else "")),
        numbers.count_of(anatomy.requests, "call"),
        *([numbers.count_of(len(anatomy.turns) - 1, "turn")] if len(anatomy.turns) > 1 else []),
        *([voice.place(subject.project)] if subject.project else []),
        numbers.period(subject.first_ms, subject.last_ms, zone),
    ]  # fmt: skip
    return {
        "name": subject.title or own(f"{subject.harness} session {subject.id[:8]}"), "facts": facts,
        "priced": any(call.prices for call in calls), "unpriced": report.quality.unpriced_calls,
    }  # fmt: skip


def _pictures(report: Report, places: int, labels: Mapping[int, str], zone: tzinfo) -> list[Picture]:
    drawer = Drawer(report.anatomy, places=places, labels=labels, zone=zone)
    found = []
    for plot in strata.draw(report.anatomy):
        name = ("main", "main thread") if plot.is_main else ("agents", "sub-agents")
        found.append(drawer.picture(plot, *map(own, name)))
    return found
