"""Sessions as their logs tell them: read into a ledger in memory and asked with the usual engine.

The stored ledger is not touched, so this shows what is on disk now, however much of it a refresh has seen, and never
what a harness has deleted since.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from whyburn.clock import Window
from whyburn.errors import SelectionError, SourceError
from whyburn.ledger import database
from whyburn.usage import engine
from whyburn.usage.aggregate import Group, ranked
from whyburn.usage.selection import Selection, session_ids
from whyburn.usage.sessions import SessionRow, sessions, threads_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from whyburn.api.workspace import Workspace
    from whyburn.harnesses.interface import Harness
    from whyburn.ledger.ingest import Outcome

Sort = Literal["last", "tokens", "actual", "virtual", "savings"]
ALL = Window(None, None, "all")
_OF_A_MACHINE = ("key", "machine_id", "machine_name", "machine_label")


@dataclass(frozen=True, slots=True)
class SourceSession:
    """One session of a log."""

    row: SessionRow
    by_agent: list[Group]

    @property
    def unpriced_models(self) -> int:
        """How many of its models have no price."""
        return sum(bool(group.totals.unpriced_calls) for group in self.row.by_model)

    def as_dict(self, *, breakdown: bool) -> dict[str, Any]:
        """The JSON form: that of `usage sessions` without the machine."""
        found = self.row.as_dict(breakdown=breakdown)
        for name in _OF_A_MACHINE:
            del found[name]
        found["unpriced_models"] = self.unpriced_models
        if breakdown:
            found["by_activity"] = [group.as_dict() for group in self.by_agent]
        return found


@dataclass(frozen=True, slots=True)
class SourceSessions:
    """Sessions of one harness, `of` of them before the limit."""

    harness: str
    roots: list[str]
    """Where was looked."""
    rows: list[SourceSession]
    of: int
    problems: int
    """Lines that could not be read."""
    breakdown: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "harness": self.harness, "roots": self.roots, "of": self.of, "skipped_lines": self.problems,
            "sessions": [row.as_dict(breakdown=self.breakdown) for row in self.rows],
        }  # fmt: skip


@contextlib.contextmanager
def scan(workspace: Workspace, harness: Harness, roots: Sequence[str]) -> Iterator[tuple[sqlite3.Connection, Outcome]]:
    """The logs under some roots as a ledger in memory, priced as the settings say."""
    from whyburn.api import costing  # noqa: PLC0415  price data and msgspec are for those who read logs
    from whyburn.ledger.ingest import Ingest  # noqa: PLC0415
    from whyburn.ledger.interning import Interner  # noqa: PLC0415

    db = database.open_memory()
    try:
        with database.transaction(db):
            machine = database.local_machine(db, "this machine", 0)
        job = Ingest(db, Interner(db, machine), costing.pricer(db, workspace.settings),
                     report=workspace.reporter(harness.name))  # fmt: skip
        outcome = job.refresh(harness, roots)
        job.finish()
        yield db, outcome
    finally:
        db.close()


def source_sessions(
    workspace: Workspace, harness: str, ident: str | None = None, *, source: str | None = None, sort: Sort = "last",
    limit: int | None = None, breakdown: bool = False,
) -> SourceSessions:  # fmt: skip
    """The sessions of one harness, newest (or dearest …) first; `ident` asks for one, by id or unique prefix of one.

    An unknown id raises `SelectionError`, a named path that is not there `SourceError`; without any logs the list is
    empty.
    """
    from whyburn.harnesses import registry  # noqa: PLC0415

    one = registry.harness(harness)
    roots = workspace.roots(one, source)
    if source is not None and not os.path.exists(roots[0]):
        raise SourceError(f"{source} does not exist")
    with scan(workspace, one, roots) as (db, outcome):
        where = None if ident is None else Selection(threads=frozenset(threads_of(db, session_ids(db, ident))))
        found = sessions(db, ALL, where=where, breakdown=breakdown)
        rows = sorted(found.rows, key=lambda row: _rank(row, sort))[:limit]
        agents = _agents(db) if breakdown else {}
        if ident is not None and not rows:
            raise SelectionError(f"session {ident!r} made no calls of its own in these logs")
        named = [SourceSession(row, agents.get(row.names["source_session_id"], [])) for row in rows]
    return SourceSessions(one.name, roots, named, found.of, outcome.problems, breakdown)


def _rank(row: SessionRow, sort: Sort) -> tuple[int, int, str]:
    sums = row.totals
    amount = {
        "last": sums.last_ms, "tokens": sums.tokens, "actual": sums.actual_pico, "virtual": sums.virtual_pico,
        "savings": sums.savings_pico,
    }[sort]  # fmt: skip
    return (-(amount or 0), -(sums.last_ms or 0), row.names["source_session_id"])


def _agents(db: sqlite3.Connection) -> dict[str, list[Group]]:
    """The sums of every session by agent."""
    natives = dict(db.execute("SELECT id, native FROM session"))
    found: dict[str, list[Group]] = {}
    for row in engine.ask(db, ALL, ("session", "agent")):
        found.setdefault(natives[row.key[0]], []).append(Group({"agent": row.key[1]}, row.totals))
    return {native: ranked(groups) for native, groups in found.items()}
