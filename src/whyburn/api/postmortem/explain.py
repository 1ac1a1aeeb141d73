"""The postmortem of one session: from the ledger's bill and the log's transcript to a `Report`."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from whyburn.api.postmortem.choose import Wanted, choose
from whyburn.errors import SelectionError, SourceError
from whyburn.ledger import bills as billing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from whyburn.api.workspace import Policy, Workspace
    from whyburn.harnesses.interface import Harness, Reader, Source
    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.report import Report, Subject
    from whyburn.prices.overrides import PriceConfig
    from whyburn.transcript import TranscriptItem


class NoStepsError(SelectionError):
    """The logs of a session tell what was billed and not what was done."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(f"no step data: {subject.harness} session {subject.id} has usage only "
                         f"(whyburn sources session {subject.harness} {subject.id})")  # fmt: skip
        self.subject = subject


def explain(
    workspace: Workspace, wanted: Wanted | None = None, *, prices: PriceConfig | None = None,
    policy: Policy | None = None,
) -> Report:  # fmt: skip
    """The report of one stored session; `SelectionError` when it cannot be told which, or it has no step data.

    `prices` replace those of the price book for this report.
    """
    db = workspace.reader(policy)
    return report_of(workspace, db, choose(db, wanted or Wanted()), prices=prices)


def explain_file(
    workspace: Workspace, path: str, harness: str | None = None, *, prices: PriceConfig | None = None
) -> Report:
    """The report of the session in a log file, wherever it lies; the stored ledger is not touched."""
    with opened_file(workspace, path, harness) as (db, session):
        return report_of(workspace, db, session, prices=prices)


@contextlib.contextmanager
def opened_file(workspace: Workspace, path: str, harness: str | None) -> Iterator[tuple[sqlite3.Connection, int]]:
    """A ledger in memory of one log file and its sub-agents' files, and the row of its session."""
    from whyburn.api.sources.scan import scan  # noqa: PLC0415
    from whyburn.harnesses import registry  # noqa: PLC0415

    place = os.path.abspath(os.path.expanduser(path))
    if not os.path.exists(place):
        raise SourceError(f"{path} does not exist")
    for name in [harness] if harness else registry.names():
        with scan(workspace, registry.harness(name), _with_agents(place)) as (db, _):
            row = db.execute(
                "SELECT id FROM session WHERE calls > 0 ORDER BY native = ? DESC, last_ms DESC LIMIT 1",
                (os.path.basename(place).partition(".")[0],),
            ).fetchone()
            if row is not None:
                yield db, row[0]
                return
    raise SelectionError(f"{path} holds no billed call that any harness could have written")


def _with_agents(path: str) -> list[str]:
    """A transcript and the folder of its sub-agents beside it."""
    folder = path.partition(".jsonl")[0]
    return [path, folder] if os.path.isfile(path) and os.path.isdir(folder) and folder != path else [path]


def report_of(
    workspace: Workspace, db: sqlite3.Connection, session: int, *, prices: PriceConfig | None = None
) -> Report:
    """The report of the session in a row of a ledger; `prices` replace those of the price book."""
    from whyburn.api.postmortem.market import LedgerMarket  # noqa: PLC0415
    from whyburn.postmortem.build import build  # noqa: PLC0415  decoding and detectors are for those who ask

    anatomy, subject = anatomy_of(db, session, prices=prices)
    market = LedgerMarket(db, workspace.settings)
    if prices is None:
        return build(subject, anatomy, market)
    from whyburn.api.postmortem.overriding import GivenMarket, origin  # noqa: PLC0415  rare

    told = replace(subject, prices=origin(prices, anatomy, subject))
    return build(told, anatomy, GivenMarket(market, prices, subject.harness))


def anatomy_of(db: sqlite3.Connection, session: int, *, prices: PriceConfig | None = None) -> tuple[Anatomy, Subject]:
    """One stored session taken apart; `NoStepsError` when its harness has no step data for it."""
    from whyburn.harnesses import registry  # noqa: PLC0415
    from whyburn.postmortem.dissect import dissect  # noqa: PLC0415

    subject = subject_of(db, session)
    bills = billing.bills(db, session)
    if prices is not None:
        from whyburn.api.postmortem.overriding import rebilled  # noqa: PLC0415  rare

        bills = rebilled(bills, prices, subject.harness)
    harness = registry.harness(subject.harness)
    with contextlib.ExitStack() as stack:
        items = transcript(harness, subject, stack)
        anatomy = dissect(
            subject.harness, subject.id, items, bills=bills,
            row_of=lambda key: billing.row_of(db, key),
        )  # fmt: skip
    if not anatomy.has_steps and not subject.missing:  # where logs are gone a report still says what was billed
        raise NoStepsError(subject)
    return anatomy, subject


def transcript(harness: Harness, subject: Subject, stack: contextlib.ExitStack) -> Iterator[TranscriptItem]:
    """The deep reading of a session's logs; files are opened when the harness asks for them."""
    from whyburn.harnesses.readers import open_source  # noqa: PLC0415

    def opened(source: Source) -> Reader:
        return stack.enter_context(open_source(source))

    if hasattr(harness, "deep"):  # a harness of somebody else may know usage and nothing more
        yield from harness.deep(subject.id, sources_of(harness, subject), opened)


def sources_of(harness: Harness, subject: Subject) -> list[Source]:
    """The logs of a session that are still there, in the order of `subject.sources`."""
    return [source for path in subject.sources for source in harness.sources(path)]


def subject_of(db: sqlite3.Connection, session: int) -> Subject:
    """Which session a row is."""
    from whyburn.postmortem.report import Subject  # noqa: PLC0415
    from whyburn.usage.sessions import session_names  # noqa: PLC0415

    names = session_names(db, [session])[session]
    first, last, recorded = db.execute(
        """SELECT min(c.ts_ms), max(c.ts_ms), sum(c.source_pico) FROM thread t JOIN call c ON c.thread = t.id
           WHERE t.session = ? AND c.counted""", (session,),
    ).fetchone()  # fmt: skip
    there = [path for path in names["source_paths"] if os.path.exists(path)]
    gone = len(names["source_paths"]) - len(there)
    missing = (f"{gone} of {len(there) + gone} log files of this session are gone",) if gone else ()
    return Subject(
        names["key"], names["machine_label"], names["harness"], names["source_session_id"], names["session_title"],
        names["project"], names["cwd"], names["branch"], first, last, names["parent_session_id"], names["relation"],
        tuple(there), recorded, _prices(db, session), missing,
    )  # fmt: skip


def _prices(db: sqlite3.Connection, session: int) -> str:
    """Which price tables the session's rates come from."""
    rows = db.execute(
        """SELECT DISTINCT r.book, r.origin FROM thread t JOIN call c ON c.thread = t.id JOIN rate r ON r.id = c.rate
           WHERE t.session = ? AND c.counted AND c.rate > 0 ORDER BY 1, 2""", (session,),
    ).fetchall()  # fmt: skip
    words = {"user": "your price rows", "actual": "your price rows", "snapshot": "built-in price table"}
    return ", ".join(dict.fromkeys(words.get(book, book) for book, _ in rows))
