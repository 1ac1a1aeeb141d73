"""The tables of the overview: sessions, and the same bill by kind, cause, way of being billed, project and model.

Rows of `kinds`, `causes`, `ways`, `projects` and `models` sum to the bill of the analysed sessions; `drivers` overlap
and have no sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from whyburn.postmortem.diagnosis.causes import LABELS
from whyburn.postmortem.diagnosis.drivers import BILLING
from whyburn.views import words
from whyburn.views.page import numbers
from whyburn.views.page.engine import own
from whyburn.views.page.tables import EMPTY, Cell, Table, bars, count, money, name, number, tokens, word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from whyburn.api.postmortem.overview import Analysed, Overview
    from whyburn.postmortem.families import Family
    from whyburn.views.page.engine import Voice

_KINDS: dict[str, tuple[str, Family]] = {
    "harness": ("system prompt", "system"), "tools": ("tool definitions", "system"),
    "instructions": ("instructions", "system"), "memory": ("memory files", "system"), "skill": ("skills", "system"),
    "user": ("prompts", "user"), "attachment": ("attachments and reminders", "user"), "image": ("images", "user"),
    "assistant-text": ("replies", "reply"), "tool-call": ("tool calls", "reply"), "thinking": ("thinking", "thinking"),
    "tool-result": ("results of tools", "command"), "summary": ("summaries", "history"),
    "carried": ("history of another session", "history"), "unlogged": ("not in the log", "unlogged"),
    "server": ("fees and rounding", "fees"),
}  # fmt: skip
_WAYS = {
    "generation": "written by the model", "entry": "in a prompt for the first time",
    "reread": "read again from the cache", "rewrite_base": "written again, what reading would have cost",
    "rewrite_premium": "written again, the cache was lost", "resend_base": "sent again, what reading would have cost",
    "resend_premium": "sent again without a cache", "server": "fees and rounding",
}  # fmt: skip
_MOST = 40


class Slice(NamedTuple):
    """A part of the bar of kinds."""

    family: Family
    label: str
    pico: int


def sessions(
    shown: Sequence[Analysed], voice: Voice, *, whole: int, places: int, links: Mapping[str, str],
    clock: Callable[[int | None], str], texts: bool,
) -> Table:  # fmt: skip
    """The dearest sessions; without `texts`, the pattern of each and no sentence about it."""
    found = Table("sessions", [
        name("session"), word("last call", minor=True), number("tokens", minor=True), number("cost"),
        number("share", minor=True), name("likely cause"), word("confidence", minor=True),
    ], filter="sessions")  # fmt: skip
    for row in shown:
        subject, digest = row.subject, row.digest
        found.add(
            Cell(called(row, voice), href=links.get(subject.key, ""), note=_place(row, voice)),
            Cell(Markup.escape(clock(subject.last_ms)), subject.last_ms),
            Cell(numbers.tokens(digest["tokens"]), digest["tokens"]), money(digest["cost_pico"], places),
            Cell(numbers.percent(row.cost, whole), row.cost),
            Cell(own(digest["cause"]), note=_why(row, voice) if texts else ""),
            _own(digest["confidence"]),
        )  # fmt: skip
    return found


def called(row: Analysed, voice: Voice) -> Markup:
    """What a session is called: its own title, else its harness and id."""
    title = row.subject.title
    return voice.said(title) if title else own(f"{row.subject.harness} {row.subject.id[:8]}")


def _place(row: Analysed, voice: Voice) -> Markup:
    harness, project = row.subject.harness, row.subject.project
    parts = [*([harness] if row.subject.title else []), *([words.shorten(voice.path(project), 60)] if project else [])]
    return own(" · ".join(parts))


def _why(row: Analysed, voice: Voice) -> Markup:
    """The finding that the cause rests on, or the reason that was given without one."""
    return Markup('<span class="m">{}</span>').format(own(words.cut(voice.text(row.digest["headline"]), 110)))


def slices(overview: Overview) -> list[Slice]:
    """The bill by kind of content, dearest first."""
    return [Slice(family, label, pico) for kind, pico in overview.sums("kinds") if pico
            for label, family in [_kind(kind)]]  # fmt: skip


def _kind(kind: str) -> tuple[str, Family]:
    return _KINDS.get(kind, (words.clean(kind), "tool"))


def kinds(overview: Overview, places: int) -> Table:
    """What the money was spent on."""
    sizes = dict(overview.sums("kinds", 2))
    found = Table("kinds", [word("content"), number("tokens", minor=True), number("cost"), number("share")])
    for kind, pico in overview.sums("kinds"):
        label, family = _kind(kind)
        found.add(
            Cell(Markup('<i class="key k-{}"></i>{}').format(family, label)), tokens(sizes[kind]), money(pico, places),
            _share(pico, overview.cost), bar=None,
        )  # fmt: skip
    found.bars = bars([(pico, _kind(kind)[1]) for kind, pico in overview.sums("kinds")])
    found.foot = (Cell(Markup("the bill")), EMPTY, money(overview.cost, places), EMPTY)
    return found


def causes(overview: Overview, places: int) -> Table:
    """What would have saved it, without overlaps, and the rest, which the same work would have cost anyway."""
    found = Table("causes", [name("cause"), word("finding", minor=True), number("sessions", minor=True),
                             number("cost"), number("share")])  # fmt: skip
    named = 0
    for ident, pico, times in overview.avoidable():
        if pico:
            named += pico
            found.add(
                Cell(finding_name(ident)), Cell(own(ident), code=True), count(times), money(pico, places),
                _share(pico, overview.cost),
            )  # fmt: skip
    joint = overview.joint
    rest = ((joint - named, "many small ones"), (overview.cost - joint, "no cheaper way was found"))
    for pico, label in rest:
        if pico:
            found.add(_own(label), EMPTY, EMPTY, money(pico, places), _share(pico, overview.cost))
    found.foot = (Cell(Markup("the bill")), EMPTY, EMPTY, money(overview.cost, places), EMPTY)
    return found


def finding_name(ident: str) -> Markup:
    """The pattern that a finding stands for."""
    return own(LABELS.get(ident) or ident.replace("-", " ").capitalize())


def ways(overview: Overview, places: int) -> Table:
    """How the money came to be billed."""
    found = Table("ways", [word("how it was billed"), number("cost"), number("share")])
    for kind, pico in overview.sums("mechanisms"):
        if pico:
            found.add(_own(_WAYS.get(kind, kind)), money(pico, places), _share(pico, overview.cost))
    found.foot = (Cell(Markup("the bill")), money(overview.cost, places), EMPTY)
    return found


def drivers(overview: Overview, places: int, *, billing: bool) -> Table:
    """Patterns of work, or of accounting; they overlap, so nothing is summed."""
    found = Table("billing" if billing else "drivers", [
        word("signal" if billing else "pattern"), number("sessions", minor=True), number("tokens", minor=True),
        number("concerns"),
    ])  # fmt: skip
    sizes, times = dict(overview.sums("drivers")), _times(overview)
    for title, pico in overview.sums("drivers", 2):
        if (title in BILLING) == billing:
            found.add(_own(title), count(times[title]), tokens(sizes[title]), money(pico, places))
    return found


def _times(overview: Overview) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in overview.rows:
        for title in {entry[0] for entry in row.digest["drivers"]}:
            found[title] = found.get(title, 0) + 1
    return found


def projects(overview: Overview, voice: Voice, places: int) -> Table:
    """Where the sessions worked."""
    found = Table("projects", [name("project"), number("sessions"), number("cost"), number("share")], filter="projects")
    rows = overview.by(lambda row: row.subject.project)
    for path, pico, times in rows[:_MOST]:
        shown = own("no folder") if path == "—" else voice.place(path)
        found.add(Cell(shown), count(times), money(pico, places), _share(pico, overview.cost))
    _more(found, [(pico, times) for _, pico, times in rows[_MOST:]], overview.cost, places)
    if len(rows) <= 8:
        found.filter = ""
    return found


def models(overview: Overview, places: int) -> Table:
    """Which models were paid."""
    found = Table(
        "models", [name("model"), number("calls"), number("tokens", minor=True), number("cost"), number("share")]
    )
    for model, sums in overview.spend.by(lambda part: part.model):
        pico = sums.virtual_pico
        cost = money(pico, places) if pico is not None else Cell(Markup("no price"), -1)
        found.add(
            Cell(own(model)), count(sums.calls), tokens(sums.tokens), cost, _share(pico or 0, overview.cost)
        )  # fmt: skip
    return found


def _more(found: Table, rows: Sequence[tuple[int, int]], whole: int, places: int) -> None:
    """One row for those that are not listed."""
    if rows:
        pico = sum(one[0] for one in rows)
        found.foot = (
            _own(f"{len(rows)} more"), count(sum(one[1] for one in rows)), money(pico, places), _share(pico, whole)
        )  # fmt: skip


def _share(pico: int, whole: int) -> Cell:
    return Cell(numbers.percent(pico, whole), pico)


def _own(text: str) -> Cell:
    """A cell of our own words."""
    return Cell(own(text))
