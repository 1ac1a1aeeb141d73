"""What the command line asks about one session, and the answer that console, Markdown and JSON share.

A question names a stored session or a log file, says which prices apply and how much may be shown. The answer is the
JSON contract as plain data, hidden as far as was asked for, with the few words around it that a person needs: by which
beginning of its id the session can be named, and in which project it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from whyburn.api.postmortem.choose import Wanted, choose
from whyburn.errors import SelectionError

if TYPE_CHECKING:
    import sqlite3

    from whyburn.api.workspace import Policy, Workspace
    from whyburn.postmortem.redact import Level
    from whyburn.postmortem.report import Report, Subject
    from whyburn.prices.overrides import PriceConfig

TODAY = "today"
_SHORTEST_ID = 8


@dataclass(frozen=True, slots=True)
class Question:
    """Which session, at which prices, and how much of it may be shown."""

    wanted: Wanted = field(default_factory=Wanted)
    file: str | None = None
    """A log file instead of a stored session."""
    prices: PriceConfig | None = None
    redact: Level = "default"
    content: bool = True
    """False: no text from the log, not even a name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One session explained."""

    data: dict[str, Any]
    """The JSON contract, with blocks."""
    name: str
    """What to type for this session: the shortest beginning of its id that is its own, or `--session-file FILE`."""
    place: str
    """The last two folders of its project; empty when not known or not to be shown."""


def answer(workspace: Workspace, question: Question, *, policy: Policy | None = None) -> Answer:
    """Explain the session that is meant; `SelectionError` when it cannot be told which, or it has no step data."""
    if question.file is not None:
        return answer_of(workspace, question, report_for(workspace, question))
    db = workspace.reader(policy)
    session = chosen(workspace, db, question.wanted)
    db = _described(workspace, db, session, policy)
    from whyburn.api.postmortem.explain import report_of, subject_of  # noqa: PLC0415
    from whyburn.api.postmortem.stored import explained  # noqa: PLC0415

    if question.prices is None:
        data = explained(workspace, db, session, redact=_first(question))
    else:
        data = _data(report_of(workspace, db, session, prices=question.prices), question)
    return _answer(question, subject_of(db, session), data, short_id(db, session))


def report_for(workspace: Workspace, question: Question, *, policy: Policy | None = None) -> Report:
    """The report of the session that is meant, as it is: what a page is drawn from."""
    from whyburn.api.postmortem.explain import explain_file, report_of  # noqa: PLC0415

    if question.file is not None:
        return explain_file(workspace, question.file, question.wanted.harness, prices=question.prices)
    db = workspace.reader(policy)
    session = chosen(workspace, db, question.wanted)
    return report_of(workspace, _described(workspace, db, session, policy), session, prices=question.prices)


def _described(workspace: Workspace, db: sqlite3.Connection, session: int, policy: Policy | None) -> sqlite3.Connection:
    """A reader that knows the session's title."""
    return workspace.reader("never") if policy != "never" and workspace.describe([session]) else db


def answer_of(workspace: Workspace, question: Question, report: Report) -> Answer:
    """The answer that a report holds."""
    if question.file is not None:
        return _answer(question, report.subject, _data(report, question), f"--session-file {question.file}")
    db = workspace.reader("never")
    name = short_id(db, choose(db, Wanted(report.subject.id, report.subject.harness)))
    return _answer(question, report.subject, _data(report, question), name)


def chosen(workspace: Workspace, db: sqlite3.Connection, wanted: Wanted) -> int:
    """The ledger row of the session that is meant; `today` is the dearest of today."""
    if wanted.ident != TODAY:
        return choose(db, wanted)
    found = dearest(workspace, db, wanted)
    if found is None:
        raise SelectionError("no session had a call today: whyburn why last explains the newest one")
    return found


def dearest(workspace: Workspace, db: sqlite3.Connection, wanted: Wanted) -> int | None:
    """The dearest session of today that fits; None when there is none."""
    from whyburn import clock  # noqa: PLC0415
    from whyburn.api.postmortem.choose import fitting  # noqa: PLC0415
    from whyburn.usage.sessions import sessions  # noqa: PLC0415

    today = clock.period("today", now_ms=clock.now_ms(), zone=workspace.zone())
    fits = set(fitting(db, replace(wanted, ident=None)))
    return next((row.ident for row in sessions(db, today, dearest=True).rows if row.ident in fits), None)


def short_id(db: sqlite3.Connection, session: int) -> str:
    """The shortest beginning of a session's id, of eight characters at least, that no other session's id has."""
    (native,) = db.execute("SELECT native FROM session WHERE id = ?", (session,)).fetchone()
    for length in range(_SHORTEST_ID, len(native)):
        start = native[:length]
        row = db.execute("SELECT count(*) FROM session WHERE substr(native, 1, ?) = ?", (length, start)).fetchone()
        if row[0] == 1:
            return str(start)
    return str(native)


def _first(question: Question) -> Literal["none", "default"]:
    """The level at which a report is made: what hides more starts from what masks secrets."""
    return "none" if question.redact == "none" and question.content else "default"


def _data(report: Report, question: Question) -> dict[str, Any]:
    from whyburn.api.postmortem.stored import data_of  # noqa: PLC0415

    return data_of(report, _first(question))


def _answer(question: Question, subject: Subject, data: dict[str, Any], name: str) -> Answer:
    from whyburn.api.postmortem.hiding import hidden  # noqa: PLC0415
    from whyburn.postmortem.redact import Redactor  # noqa: PLC0415

    folder = subject.project or subject.cwd or ""
    place = "/".join(folder.replace("\\", "/").rstrip("/").split("/")[-2:])
    place = Redactor.of("none" if question.redact == "none" else "default").text(place)
    if question.redact != "share" and question.content:
        return Answer(data, name, place)
    shown = hidden(data, content=question.content, share=question.redact == "share")
    return Answer(shown, name if question.file is None else "--session-file FILE", shown["session"]["project"] or "")
