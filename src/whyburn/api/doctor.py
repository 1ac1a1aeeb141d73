"""The doctor: what was found, what is noticed, what is wrong, what to type next."""

from __future__ import annotations

import os
import stat
from dataclasses import asdict, dataclass, field
from shlex import quote
from typing import TYPE_CHECKING, Any

from whyburn.api import costing
from whyburn.errors import LedgerError
from whyburn.ledger import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from whyburn.api.workspace import Workspace


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
class Wrong:
    """One thing that is wrong."""

    check: str
    """settings | mode | file | types | sums | costs | checkpoint"""
    file: str
    line: int | None
    message: str
    """What is wrong, and what to do about it where there is something."""
    key: str | None = None
    """Of the settings: the dotted key, as in "reports.refresh"."""
    level: str = "error"
    """Of the settings: error, unsupported or warning."""


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
    wrong: list[Wrong] = field(default_factory=list)
    next: list[str] = field(default_factory=list)
    """Commands that would help, most urgent first."""

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def diagnose(workspace: Workspace, *, deep: bool = False) -> Diagnosis:
    """Examine everything; `deep` recomputes every sum and cost of the ledger. Nothing is changed.

    A ledger that cannot be opened is a thing that is wrong and not an exception.
    """
    path = workspace.paths.db
    wrong = [*_settings_problems(workspace), *_modes(path)]
    existing = None
    try:
        existing = database.open_reader(path)
        with database.translated(path):
            return _examined(workspace, existing, wrong, deep=deep)
    except LedgerError as error:
        return _examined(workspace, None, [*wrong, Wrong("file", path, None, str(error))], deep=False)
    finally:
        if existing is not None:
            existing.close()


def _examined(
    workspace: Workspace, existing: sqlite3.Connection | None, wrong: list[Wrong], *, deep: bool
) -> Diagnosis:
    """The diagnosis of a ledger that is there, or of none."""
    from whyburn.harnesses import registry  # noqa: PLC0415
    from whyburn.prices.fingerprint import snapshot_id  # noqa: PLC0415

    checked = deep and existing is not None
    db = existing or database.open_memory()
    try:
        found = [_harness(db, workspace, name) for name in registry.names()]
        lines, files = db.execute(
            "SELECT coalesce(sum(problems), 0), coalesce(sum(error IS NOT NULL), 0) FROM source"
        ).fetchone()
        diagnosis = Diagnosis(
            found, _state(db, workspace.paths.db, checked=checked), snapshot_id(), _unpriced(db), lines, files,
            _unknown(db), [*wrong, *(_deep(db, workspace) if checked else ())],
        )  # fmt: skip
    finally:
        if db is not existing:
            db.close()
    diagnosis.next.extend(_next(diagnosis))
    return diagnosis


def _unpriced(db: sqlite3.Connection) -> list[str]:
    rows = db.execute(
        "SELECT DISTINCT f.model || ' via ' || f.provider FROM rollup r JOIN facet f ON f.id = r.facet "
        "WHERE r.rate = 0 ORDER BY 1"
    )
    return [row[0] for row in rows]


def _unknown(db: sqlite3.Connection) -> list[dict[str, Any]]:
    rows = db.execute(
        "SELECT harness, version, kind, field, count(*) FROM unknown_record GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC"
    )
    return [dict(zip(("harness", "version", "kind", "field", "count"), row, strict=True)) for row in rows]


def _settings_problems(workspace: Workspace) -> Iterator[Wrong]:
    from whyburn.harnesses import registry  # noqa: PLC0415
    from whyburn.settings.loader import load  # noqa: PLC0415

    for one in load(workspace.paths, workspace.environ, harness_names=registry.names()).problems:
        yield Wrong("settings", one.file, one.line, one.message, one.key, one.level)


def _deep(db: sqlite3.Connection, workspace: Workspace) -> list[Wrong]:
    from whyburn.ledger.verify import verify  # noqa: PLC0415  slow and rare

    # Pricing may need a rate row that is not there: a copy in memory takes it, the ledger stays as it is.
    copy = database.open_memory()
    try:
        db.backup(copy)
        findings = verify(copy, costing.pricer(copy, workspace.settings), workspace.paths.db)
        return [Wrong(one.check, one.path, one.line, one.message) for one in findings]
    finally:
        copy.close()


def _modes(path: str) -> Iterator[Wrong]:
    """Private files that others can read."""
    for name in (path, path + "-wal"):
        if os.name == "posix" and os.path.isfile(name):
            mode = stat.S_IMODE(os.stat(name).st_mode)
            if mode & 0o077:
                yield Wrong("mode", name, None, f"others can read it (mode {mode:04o}): chmod 600 {quote(name)}")


def _harness(db: sqlite3.Connection, workspace: Workspace, name: str) -> FoundHarness:
    from whyburn.harnesses import registry  # noqa: PLC0415
    from whyburn.ledger.sources import changed, discover, known_sources  # noqa: PLC0415

    one = registry.harness(name)
    roots = workspace.roots(one)
    sources = list(discover(one, [root for root in roots if os.path.exists(root)]))
    machine = database.this_machine(db)
    known = known_sources(db, machine[0], name) if machine else {}
    unread = sum(1 for _ in changed(sources, known, one.parser, full=False))
    sessions, calls = db.execute(
        "SELECT count(*), coalesce(sum(calls), 0) FROM session WHERE harness = ? AND calls > 0", (name,)
    ).fetchone()
    return FoundHarness(name, roots, any(map(os.path.exists, roots)), len(sources), unread, sessions, calls)


def _state(db: sqlite3.Connection, path: str, *, checked: bool) -> LedgerState:
    exists = os.path.exists(path)
    size = os.path.getsize(path) if exists else 0
    calls = db.execute("SELECT coalesce(sum(calls), 0) FROM session").fetchone()[0]
    copies = db.execute("SELECT count(*) FROM call c WHERE c.evidence = 1 AND NOT c.counted").fetchone()[0]
    return LedgerState(path, exists, size, calls, copies, checked)


def _next(diagnosis: Diagnosis) -> list[str]:
    checks = {one.check for one in diagnosis.wrong}
    found = []
    if checks & {"sums", "costs", "checkpoint"}:
        found.append("whyburn refresh --full")
    elif any(one.unread for one in diagnosis.harnesses) and "file" not in checks:
        found.append("whyburn refresh")
    if diagnosis.unpriced:
        found.append("whyburn prices list --missing-only")
    if diagnosis.unreadable_lines or diagnosis.unreadable_files:
        found.append("whyburn sources skipped")
    if "settings" in checks:
        found.append("whyburn config validate")
    if diagnosis.ledger.exists and not diagnosis.ledger.checked and "file" not in checks:
        found.append("whyburn doctor --deep")
    return found or ([] if diagnosis.wrong else ["whyburn usage today"])
