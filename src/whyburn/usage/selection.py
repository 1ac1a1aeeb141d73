"""Which calls a question is about: filters, checked against what the ledger knows.

Values are compared after normalisation, so `OpenAI` finds `openai`. A value that fits nothing is an error that names
the nearest known ones: a silent zero would be a lie.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from whyburn.errors import SelectionError
from whyburn.names import identity

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Filters:
    """What the user asked for, as typed; several values of one filter are alternatives."""

    harness: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    effort: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    machine: tuple[str, ...] = ()
    project: tuple[str, ...] = ()
    session: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, list[str]]:
        """Only the filters that are set."""
        return {one.name: list(getattr(self, one.name)) for one in fields(self) if getattr(self, one.name)}


@dataclass(frozen=True, slots=True)
class Selection:
    """Filters resolved to rows of the ledger; None does not restrict."""

    facets: frozenset[int] | None = None
    threads: frozenset[int] | None = None
    hourly: dict[str, tuple[Any, ...]] | None = None
    """The same as values of the hourly sums' own columns, where they can say it."""


_FACET_FILTERS = {"harness": "harness", "provider": "provider", "model": "model", "effort": "effort"}


def resolve(db: sqlite3.Connection, filters: Filters) -> Selection:
    """The rows that the filters select; `SelectionError` for a value that nothing has."""
    if filters == Filters():
        return Selection(hourly={})
    facets, hourly = _facets(db, filters)
    threads: set[int] | None = None
    if filters.machine:
        machines = machine_ids(db, filters.machine)
        threads = _threads(db, "s.machine", machines)
        hourly = None if hourly is None else {**hourly, "machine": tuple(machines)}
    if filters.session:
        found = _threads(db, "s.id", [one for text in filters.session for one in session_ids(db, text)])
        threads, hourly = _both(threads, found), None
    if filters.agent:
        threads, hourly = _both(threads, _agents(db, filters.agent)), None
    return Selection(
        None if facets is None else frozenset(facets), None if threads is None else frozenset(threads), hourly
    )


def _facets(db: sqlite3.Connection, filters: Filters) -> tuple[set[int] | None, dict[str, tuple[Any, ...]] | None]:
    """The facets that fit, and the same for the hourly sums if their columns hold exactly the normalised values."""
    facets: set[int] | None = None
    hourly: dict[str, tuple[Any, ...]] | None = {}
    for name, column in _FACET_FILTERS.items():
        values = getattr(filters, name)
        if values:
            hits = _facets_with(db, name, column, values)
            facets = _both(facets, set(hits))
            wanted = tuple(map(identity, values))
            plain = name != "effort" and set(hits.values()) <= set(wanted)
            hourly = {**hourly, column: wanted} if plain and hourly is not None else None
    if filters.project:
        facets, hourly = _both(facets, _facets_of_projects(db, filters.project)), None
    return facets, hourly


def _facets_with(db: sqlite3.Connection, name: str, column: str, values: Sequence[str]) -> dict[int, str]:
    """Facets whose column has one of the values, with what it holds; for a model its raw id counts too."""
    raw = "model_raw" if column == "model" else column
    rows = db.execute(f"SELECT id, {column}, {raw} FROM facet").fetchall()
    found: dict[int, str] = {}
    for value in values:
        wanted = "" if name == "effort" and value == "none" else identity(value)
        hits = {row[0]: row[1] for row in rows if wanted == identity(row[1]) or value == row[2]}
        if not hits:
            raise unknown(name, value, (row[1] for row in rows))
        found |= hits
    return found


def _facets_of_projects(db: sqlite3.Connection, values: Sequence[str]) -> set[int]:
    rows = db.execute("SELECT f.id, coalesce(p.root, p.cwd) FROM facet f JOIN place p ON p.id = f.place").fetchall()
    found: set[int] = set()
    for value in values:
        wanted = value.rstrip("/\\") or value
        hits = {row[0] for row in rows if row[1] == wanted or row[1].replace("\\", "/").rsplit("/", 1)[-1] == wanted}
        if not hits:
            raise unknown("project", value, (row[1] for row in rows))
        found |= hits
    return found


def _agents(db: sqlite3.Connection, values: Sequence[str]) -> set[int]:
    rows = db.execute(
        "SELECT id, coalesce(name, CASE agent WHEN '' THEN 'main' ELSE 'subagent' END) FROM thread"
    ).fetchall()
    found: set[int] = set()
    for value in values:
        hits = {row[0] for row in rows if identity(row[1]) == identity(value)}
        if not hits:
            raise unknown("agent", value, (row[1] for row in rows))
        found |= hits
    return found


def machine_ids(db: sqlite3.Connection, values: Iterable[str]) -> list[int]:
    """Machines by full id, exact name, id prefix of 8 or more, or unique name prefix; an exact match wins."""
    rows = db.execute("SELECT id, uid, name FROM machine").fetchall()
    found = []
    for value in values:
        key = identity(value)
        for hits in (
            [row for row in rows if value == row[1]],
            [row for row in rows if value == row[2]],
            [row for row in rows if key == identity(row[2])],
            [row for row in rows if len(value) >= 8 and row[1].startswith(value)],
            [row for row in rows if key and identity(row[2]).startswith(key)],
        ):
            if hits:
                break
        else:
            raise unknown("machine", value, (row[2] for row in rows))
        if len(hits) > 1:
            names = ", ".join(f"{name} ({uid[:8]})" for _, uid, name in hits)
            raise SelectionError(f"several machines fit {value!r}: {names}")
        found.append(int(hits[0][0]))
    return found


def session_ids(db: sqlite3.Connection, text: str) -> list[int]:
    """The session of a native id, a unique prefix of one, or a key machine/harness/id."""
    native = text.rsplit("/", 1)[-1]
    exact = [row[0] for row in db.execute("SELECT id FROM session WHERE native = ?", (native,))]
    if exact:
        return exact
    rows = db.execute(
        """SELECT id, native, harness FROM session WHERE substr(native, 1, ?) = ? AND calls > 0
           ORDER BY last_ms DESC LIMIT 6""",
        (len(native), native),
    ).fetchall()
    if not rows or not native:
        newest = db.execute("SELECT native FROM session WHERE calls > 0 ORDER BY last_ms DESC LIMIT 200")
        raise unknown("session", text, (row[0] for row in newest))
    if len(rows) > 1:
        raise SelectionError(f"several sessions fit {text!r}: {', '.join(f'{row[1]} ({row[2]})' for row in rows[:5])}")
    return [rows[0][0]]


def unknown(kind: str, value: str, known: Iterable[str]) -> SelectionError:
    """An error that names the nearest known values."""
    from difflib import get_close_matches  # noqa: PLC0415  only for an error

    names = sorted({name for name in known if name})
    near = get_close_matches(value, names, n=3, cutoff=0.4) or ([] if kind == "session" else names[:3])
    hint = f": did you mean {', '.join(near)}?" if near else ": the ledger holds none yet"
    if kind == "session" and names and not near:
        hint = ": `whyburn scan` lists the newest"
    return SelectionError(f"no {kind} {value!r}{hint}")


def _threads(db: sqlite3.Connection, column: str, values: Sequence[int]) -> set[int]:
    marks = ", ".join("?" * len(values))
    rows = db.execute(
        f"SELECT t.id FROM thread t JOIN session s ON s.id = t.session WHERE {column} IN ({marks})", values
    )
    return {row[0] for row in rows}


def _both(one: set[int] | None, other: set[int]) -> set[int]:
    return other if one is None else one & other
