"""Ids for texts: sessions, threads, places, facets. One cache a refresh, filled from the ledger as it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.ledger.repository import git_place
from whyburn.model import FACET
from whyburn.names import identity

if TYPE_CHECKING:
    import sqlite3

    from whyburn.model import Call


class Facet(NamedTuple):
    """What pricing needs to know of a facet."""

    harness: str
    provider: str
    model: str
    speed: str
    tier: str
    geo: str
    via: str


class Interner:
    """Looks up or makes the rows that calls refer to."""

    def __init__(self, db: sqlite3.Connection, machine: int) -> None:
        self._db = db
        self.machine = machine
        self._sessions: dict[tuple[str, str], int] = {}
        self._threads: dict[tuple[int, str], int] = {}
        self._places: dict[str, int] = {}
        self._facets: dict[tuple[object, ...], int] = {}
        self._harness = ""

    def forget(self) -> None:
        """Drop the caches: after a rollback they may name rows that are not there."""
        self.__init__(self._db, self.machine)  # type: ignore[misc]  # the same state as a new one

    def session(self, harness: str, native: str) -> int:
        """The row of a session of this machine."""
        key = (harness, native)
        found = self._sessions.get(key)
        if found is None:
            found = self._sessions[key] = self._row(
                "SELECT id FROM session WHERE machine = ? AND harness = ? AND native = ?",
                "INSERT INTO session(machine, harness, native) VALUES(?, ?, ?)",
                (self.machine, harness, native),
            )
        return found

    def thread(self, session: int, agent: str | None) -> int:
        """The row of one agent of a session; None and '' are the session's own."""
        key = (session, agent or "")
        found = self._threads.get(key)
        if found is None:
            found = self._threads[key] = self._row(
                "SELECT id FROM thread WHERE session = ? AND agent = ?",
                "INSERT INTO thread(session, agent) VALUES(?, ?)",
                key,
            )
        return found

    def place(self, cwd: str | None) -> int:
        """The row of a working folder, with the git repository around it if the folder is still there; 0 for none."""
        if not cwd:
            return 0
        found = self._places.get(cwd)
        if found is None:
            row = self._db.execute(
                "SELECT id, root FROM place WHERE machine = ? AND cwd = ?", (self.machine, cwd)
            ).fetchone()
            if row is None or row[1] is None:
                root, remote = git_place(cwd)
                if row is None:
                    cursor = self._db.execute(
                        "INSERT INTO place(machine, cwd, root, remote) VALUES(?, ?, ?, ?)",
                        (self.machine, cwd, root, remote),
                    )
                    row = (int(cursor.lastrowid or 0), root)
                elif root:
                    self._db.execute("UPDATE place SET root = ?, remote = ? WHERE id = ?", (root, remote, row[0]))
            found = self._places[cwd] = int(row[0])
        return found

    def facet(self, harness: str, call: Call) -> int:
        """The row of the combination of everything that reports group and filter by."""
        if harness != self._harness:
            self._facets, self._harness = {}, harness
        key: tuple[object, ...] = call[FACET]  # type: ignore[assignment]  # a slice of a NamedTuple is a tuple
        found = self._facets.get(key)
        if found is None:
            found = self._facets[key] = self._facet(harness, call)
        return found

    def _facet(self, harness: str, call: Call) -> int:
        values = (
            harness, call.provider or "unknown", call.model, call.effort or "",
            call.speed or "", call.tier or "", call.geo or "", call.purpose, call.granularity, call.flags,
            call.source_basis or "", call.via or "", self.place(call.cwd),
        )  # fmt: skip
        names = "harness, provider, model_raw, effort, speed, tier, geo, purpose, granularity, flags, basis, via, place"
        row = self._db.execute(
            f"SELECT id FROM facet WHERE ({names}) = ({', '.join('?' * len(values))})", values
        ).fetchone()
        if row:
            return int(row[0])
        cursor = self._db.execute(
            f"INSERT INTO facet({names}, model) VALUES({', '.join('?' * len(values))}, ?)",
            (*values, identity(call.model) or "unknown"),
        )
        return int(cursor.lastrowid or 0)

    def _row(self, select: str, insert: str, values: tuple[object, ...]) -> int:
        row = self._db.execute(select, values).fetchone()
        return int(row[0]) if row else int(self._db.execute(insert, values).lastrowid or 0)
