"""The page of many sessions: what they cost, where it went, which were dear, what to do about it.

`render_overview` gives a whole HTML file and adds nothing to an overview but words. Sums are over all sessions that
were analysed, the table lists the dearest; the page says how many of how many.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from whyburn.postmortem.redact import Redactor
from whyburn.views import words
from whyburn.views.page import days, numbers, overview_tables
from whyburn.views.page.engine import Voice, own, render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from whyburn.api.postmortem.overview import Overview

SYNTHETIC = "Synthetic: these sessions are made up. No local history was read."
_TOP = 3
"""Causes under the headline."""


def render_overview(
    overview: Overview, *, generated_ms: int, version: str, redact: Redactor | None = None, zone: tzinfo = UTC,
    zone_name: str = "UTC", links: Mapping[str, str] | None = None, synthetic: bool = False,
) -> str:  # fmt: skip
    """The page of an overview. `links` has an address for each session (by its key) that has a page of its own."""
    redact = redact or Redactor("none")
    voice, texts = Voice(redact), redact.level != "share"  # there, each sentence of a session is one opaque word
    return render("overview.html", voice=voice, **_context(overview, voice, zone, links or {}, texts=texts),
                  notice=own(SYNTHETIC if synthetic else ""), zone_name=own(zone_name), version=version,
                  generated=numbers.moment(generated_ms))  # fmt: skip


def _context(
    overview: Overview, voice: Voice, zone: tzinfo, links: Mapping[str, str], *, texts: bool
) -> dict[str, Any]:
    places = numbers.places_of(overview.cost)

    def clock(ms: int | None) -> str:
        return numbers.moment(ms, zone)

    return {
        "overview": overview, "spot": own, "places": places, "dollars": numbers.dollars,
        "percent": numbers.percent, "share": numbers.share, "count_of": _count_of,
        "facts": _facts(overview, zone), "warnings": _warnings(overview),
        "trend": _trend(overview), "quality": _quality(overview),
        "joint": overview.joint, "top": _top(overview, places),
        "slices": overview_tables.slices(overview), "days": days.draw(overview.spend, places=places),
        "unreadable": overview.unreadable if texts else [],
        "actions": _actions(overview, voice, links) if texts else [],
        "tables": {
            "sessions": overview_tables.sessions(
                overview.shown, voice, whole=overview.cost, places=places, links=links, clock=clock, texts=texts
            ),
            "kinds": overview_tables.kinds(overview, places), "causes": overview_tables.causes(overview, places),
            "ways": overview_tables.ways(overview, places),
            "drivers": overview_tables.drivers(overview, places, billing=False),
            "billing": overview_tables.drivers(overview, places, billing=True),
            "projects": overview_tables.projects(overview, voice, places),
            "models": overview_tables.models(overview, places),
        },
    }  # fmt: skip


def _actions(overview: Overview, voice: Voice, links: Mapping[str, str]) -> list[tuple[Markup, str, str]]:
    """(session, its address, what to do) of the recommendations."""
    return [
        (overview_tables.called(row, voice), links.get(row.subject.key, ""), line)
        for row, line in overview.actions()
    ]  # fmt: skip


def _count_of(number: int, one: str) -> Markup:
    return own(words.count_of(number, one))


def _facts(overview: Overview, zone: tzinfo) -> list[Markup]:
    rows = overview.rows
    firsts = [row.subject.first_ms for row in rows if row.subject.first_ms is not None]
    lasts = [row.subject.last_ms for row in rows if row.subject.last_ms is not None]
    period = numbers.period(min(firsts, default=None), max(lasts, default=None), zone)
    calls, tokens = (sum(row.digest[name] for row in rows) for name in ("calls", "tokens"))
    named = f"{len(rows):,} of {words.count_of(overview.of, 'session')}" if len(rows) != overview.of else (
        words.count_of(len(rows), "session"))  # fmt: skip
    return [own(one) for one in (
        named, period, words.count_of(calls, "call"), f"{words.tokens(tokens)} tokens",
    )]  # fmt: skip


def _trend(overview: Overview) -> Markup:
    """The period against the one before, over all sessions that fit."""
    spend = overview.spend
    if not spend.whole:
        return Markup("")
    stretch = "day" if spend.days == 1 else f"{spend.days} days"
    said = f"All sessions of this stretch, {words.count_of(spend.days, 'day')}, cost {words.money(spend.whole)}"
    if not spend.before:
        return own(f"{said}; the {stretch} before cost nothing.")
    change = (spend.whole - spend.before) * 100 // spend.before
    return own(f"{said}; the {stretch} before {words.money(spend.before)} ({change:+,} %).")


def _quality(overview: Overview) -> Markup:
    """How well the dollars are attributed."""
    found = {level: sum(row.cost for row in overview.rows if row.digest["quality"] == level)
             for level in ("high", "medium", "low")}  # fmt: skip
    return own(", ".join(f"{level} for {words.money(pico)}" for level, pico in found.items() if pico))


def _warnings(overview: Overview) -> list[Markup]:
    found = []
    if overview.unreadable:
        found.append(f"{words.count_of(len(overview.unreadable), 'session')} could not be analysed and "
                     "are not in these sums; see the end of the page.")  # fmt: skip
    unpriced = [one for one in overview.spend.parts if one.totals.unpriced_calls]
    if unpriced:
        calls, tokens = (
            sum(getattr(one.totals, name) for one in unpriced) for name in ("unpriced_calls", "unpriced_tokens")
        )
        models = ", ".join(sorted({one.model for one in unpriced})[:4])
        found.append(f"{words.count_of(calls, 'call')} with {words.tokens(tokens)} tokens have no price and are not in "
                     f"the bill: {models}.")  # fmt: skip
    return [own(one) for one in found]


def _top(overview: Overview, places: int) -> list[dict[str, Any]]:
    """The largest causes that could have been avoided."""
    return [
        {
            "name": overview_tables.finding_name(ident), "pico": dollars, "amount": numbers.dollars(dollars, places),
            "share": numbers.percent(dollars, overview.cost), "times": _count_of(times, "session"),
        }
        for ident, dollars, times in overview.avoidable()[:_TOP] if dollars
    ]  # fmt: skip
