"""The five questions as tables: files, commands, what was tried again, phases of the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from whyburn.views import words
from whyburn.views.page import numbers
from whyburn.views.page.engine import own
from whyburn.views.page.session_tables import shown, spot_of
from whyburn.views.page.tables import Cell, Table, bars, count, money, name, number, tokens, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.diagnosis.case import Diagnosis
    from whyburn.postmortem.findings.attempts import Attempt, Loop
    from whyburn.views.page.engine import Voice

_MOST_ROWS = 60
_MOST_ATTEMPTS = 12
_MOST_EVIDENCE = 100
PHASES = {
    "discovery": "looking around", "implementation": "editing", "verification": "testing and building",
    "debugging": "debugging", "review_coordination": "review and coordination", "other": "other",
}  # fmt: skip


class Try(NamedTuple):
    """One attempt of a loop."""

    call: int
    """From 1."""
    turn: int
    spot: str
    said: str
    changed: str
    redundant: bool


class Again(NamedTuple):
    """Something that was tried again and again."""

    subject: str
    tries: list[Try]
    more: int


def files(diagnosis: Diagnosis, voice: Voice, places: int) -> Table:
    """Files that were read or edited, dearest first; those only mentioned are left to the data."""
    used = [one for one in diagnosis.files if one.reads or one.edits]
    found = Table("files", [
        name("file"), number("reads"), number("edits"), number("same again", minor=True), number("tokens", minor=True),
        number("re-reads", minor=True), number("cost"),
    ], filter="files" if len(used) > 12 else "", empty=_nothing(diagnosis, "No file was read or edited."))  # fmt: skip
    for one in used:
        found.add(
            Cell(shown(voice.path(one.path)), code=True, note=own(one.annotation or "")), count(one.reads),
            count(one.edits), count(one.duplicates), tokens(one.tokens), count(one.rereads), money(one.cost, places),
        )  # fmt: skip
    found.bars = bars([(one.cost, "read") for one in used])
    return found.bound(_MOST_ROWS, by=6, what="file", places=places)


def commands(diagnosis: Diagnosis, voice: Voice, places: int) -> Table:
    """Commands by their normal form, dearest first."""
    used = diagnosis.commands
    found = Table("commands", [
        name("command"), word("about", minor=True), number("runs"), number("failed"), number("tokens", minor=True),
        number("re-reads", minor=True), number("cost"),
    ], filter="commands" if len(used) > 12 else "", empty=_nothing(diagnosis, "No command was run."))  # fmt: skip
    for one in used:
        found.add(
            Cell(shown(voice.text(one.command)), code=True), Cell(own(one.category)), count(one.runs),
            count(one.failures), tokens(one.tokens), count(one.rereads), money(one.cost, places),
        )  # fmt: skip
    found.bars = bars([(one.cost, "command") for one in used])
    return found.bound(_MOST_ROWS, by=6, what="command", places=places)


def _nothing(diagnosis: Diagnosis, said: str) -> Markup:
    return own(said) if diagnosis.anatomy.has_steps else numbers.NOT_RECORDED


def again(diagnosis: Diagnosis) -> list[Again]:
    """What failed and was tried again without new evidence."""
    return [
        Again(one.subject, list(_tries(diagnosis.anatomy, one)), max(len(one.attempts) - _MOST_ATTEMPTS, 0))
        for one in diagnosis.loops
    ]  # fmt: skip


def _tries(anatomy: Anatomy, loop: Loop) -> Iterator[Try]:
    for at, one in enumerate(loop.attempts[:_MOST_ATTEMPTS]):
        request = anatomy.pieces[anatomy.uses[one.use].request]
        yield Try(
            one.call + 1, anatomy.calls[one.call].turn, spot_of(request), "failed" if one.failed else "worked",
            _changed(one) if at else "", one.redundant or one.weak,
        )  # fmt: skip


def _changed(one: Attempt) -> str:
    if not one.between:
        return "nothing had changed"
    return "; ".join(one.between) + (", without effect" if one.weak else "")


def phases(diagnosis: Diagnosis, voice: Voice, places: int) -> Table:
    """What kind of work the money was for: requests and results of tools."""
    found = Table("phases", [word("kind of work"), number("tool uses"), number("tokens"), number("cost"),
                             name("largest", minor=True)])  # fmt: skip
    for one in diagnosis.phases:
        found.add(
            Cell(Markup.escape(PHASES[one.name])), count(one.events), tokens(one.tokens), money(one.cost, places),
            Cell(Markup.escape(words.cut(voice.text(" · ".join(one.evidence[:2])), _MOST_EVIDENCE)), code=True),
        )  # fmt: skip
    return found
