"""The doctor: what was found, what is noticed, what is wrong, what to type next."""

from __future__ import annotations

import os
import stat
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from whyburn.api import costing
from whyburn.ledger import database

if TYPE_CHECKING:
    import sqlite3

    from whyburn.api.workspace import Workspace
    from whyburn.ledger.verify import Finding


@dataclass(frozen=True, slots=True)
class FoundHarness:
    """One harness: where its logs are looked for and what of them the ledger has."""

    harness: str
    roots: list[str]
    present: bool
    files: int
    unread: int
    """Files that have grown or come since the last refresh."""
    sessions: int
    calls: int


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The ledger file."""

    path: str
    exists: bool
    bytes: int = 0
    calls: int = 0
    copies_only: int = 0
    """Calls known only from a parent's history that a fork has copied: they are not counted."""
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything the doctor has to say."""

    harnesses: list[FoundHarness]
    ledger: LedgerState
    snapshot: str
    unpriced: list[str]
    unreadable_lines: int
    unreadable_files: int
    unknown: list[dict[str, Any]]
    """Record types that we do not know and that may hide usage, per harness and version, with their count."""
    wrong: list[dict[str, Any]] = field(default_factory=list)
    """What is wrong, each with check, path, line and message."""
    next: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def doctor(workspace: Workspace, *, deep: bool = False) -> Diagnosis:
    """Examine everything; `deep` recomputes every sum and cost of the ledger."""
    path = workspace.paths.db
    existing = database.open_reader(path)
    db = existing or database.open_memory()
    try:
        wrong = [problem.as_dict() for problem in _settings_problems(workspace)]
        wrong += [_wrong(one) for one in _modes(path)]
        if deep and existing is not None:
            wrong += [_wrong(one) for one in _deep(existing, workspace)]
        found = [_harness(db, workspace, name) for name in _names()]
        lines, files = db.execute(
            "SELECT coalesce(sum(problems), 0), coalesce(sum(error IS NOT NULL), 0) FROM source"
        ).fetchone()
        unpriced = [
            row[0] for row in db.execute(
                "SELECT DISTINCT f.model || ' via ' || f.provider FROM rollup r JOIN facet f ON f.id = r.facet "
                "WHERE r.rate = 0 ORDER BY 1"
            )
        ]  # fmt: skip
        unknown = [
            {"harness": row[0], "version": row[1], "kind": row[2], "field": row[3], "count": row[4]}
            for row in db.execute(
                "SELECT harness, version, kind, field, count(*) FROM unknown_record GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC"
            )
        ]
        state = _state(db, path, exists=existing is not None, checked=deep and existing is not None)
    finally:
        db.close()
    from whyburn.prices.fingerprint import snapshot_id  # noqa: PLC0415

    diagnosis = Diagnosis(found, state, snapshot_id(), unpriced, lines, files, unknown, wrong)
    diagnosis.next.extend(_next(diagnosis, deep=deep))
    return diagnosis


def _settings_problems(workspace: Workspace) -> list[Any]:
    from whyburn.harnesses import registry  # noqa: PLC0415
    from whyburn.settings.loader import load  # noqa: PLC0415

    return list(load(workspace.paths, workspace.environ, harness_names=registry.names()).problems)


def _deep(db: sqlite3.Connection, workspace: Workspace) -> list[Finding]:
    from whyburn.ledger.verify import verify  # noqa: PLC0415  slow and rare

    # Pricing may need a rate row that is not there: a copy in memory takes it, the ledger stays as it is.
    copy = database.open_memory()
    try:
        db.backup(copy)
        return list(verify(copy, costing.pricer(copy, workspace.settings), workspace.paths.db))
    finally:
        copy.close()


def _modes(path: str) -> list[Finding]:
    """Private files that others can read."""
    from whyburn.ledger.verify import Finding  # noqa: PLC0415

    found = []
    for name in (path, path + "-wal"):
        if os.name == "posix" and os.path.exists(name):
            mode = stat.S_IMODE(os.stat(name).st_mode)
            if mode & 0o077:
                found.append(Finding("mode", name, None, f"others can read it (mode {mode:04o}): chmod 600 {name}"))
    return found


def _names() -> list[str]:
    from whyburn.harnesses import registry  # noqa: PLC0415

    return registry.names()


def _harness(db: sqlite3.Connection, workspace: Workspace, name: str) -> FoundHarness:
    from whyburn.harnesses import registry  # noqa: PLC0415
    from whyburn.ledger.sources import changed, discover, known_sources  # noqa: PLC0415

    one = registry.harness(name)
    roots = workspace.roots(one)
    sources = list(discover(one, [root for root in roots if os.path.exists(root)]))
    known = {}
    for (machine,) in db.execute("SELECT m.id FROM meta JOIN machine m ON m.uid = meta.value WHERE key = 'machine'"):
        known = known_sources(db, machine, name)
    unread = sum(1 for _ in changed(sources, known, one.parser, full=False))
    sessions, calls = db.execute(
        "SELECT count(*), coalesce(sum(calls), 0) FROM session WHERE harness = ? AND calls > 0", (name,)
    ).fetchone()
    return FoundHarness(name, roots, any(map(os.path.exists, roots)), len(sources), unread, sessions, calls)


def _state(db: sqlite3.Connection, path: str, *, exists: bool, checked: bool) -> LedgerState:
    size = os.path.getsize(path) if exists else 0
    calls = db.execute("SELECT coalesce(sum(calls), 0) FROM session").fetchone()[0]
    copies = db.execute("SELECT count(*) FROM call c WHERE c.evidence = 1 AND NOT c.counted").fetchone()[0]
    return LedgerState(path, exists, size, calls, copies, checked)


def _wrong(finding: Finding) -> dict[str, Any]:
    return {"check": finding.check, "file": finding.path, "line": finding.line, "message": finding.message}


def _next(diagnosis: Diagnosis, *, deep: bool) -> list[str]:
    found = []
    if any(one.unread for one in diagnosis.harnesses):
        found.append("whyburn refresh")
    if diagnosis.unpriced:
        found.append("whyburn prices list --missing-only")
    if diagnosis.unreadable_lines or diagnosis.unreadable_files:
        found.append("whyburn sources skipped")
    if any("section" in one for one in diagnosis.wrong):
        found.append("whyburn config validate")
    if any(one.get("check") in ("sums", "costs", "checkpoint") for one in diagnosis.wrong):
        found.append("whyburn refresh --full")
    if diagnosis.ledger.exists and not deep:
        found.append("whyburn doctor --deep")
    return found or ["whyburn usage today"]
