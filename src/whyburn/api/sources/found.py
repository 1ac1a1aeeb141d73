"""One row a harness: what is on disk, what of it the ledger has read, and what came of that.

Disk means one walk and one stat a file; no log is opened. Only for a path that was named, and with `deep`, are logs
read, into memory, so that the counts are those of the files and not of the ledger.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from whyburn.api.sources.scan import ALL, scan
from whyburn.ledger.database import this_machine
from whyburn.ledger.sources import changed, discover, known_sources, may_resume
from whyburn.usage import engine
from whyburn.usage.selection import Filters, resolve

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from whyburn.api.workspace import Workspace
    from whyburn.harnesses.interface import Harness
    from whyburn.ledger.sources import Known, Todo


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One harness and its logs."""

    harness: str
    exists: bool
    enabled: bool
    """Whether a refresh reads it."""
    files: int
    bytes: int
    sessions: int
    calls: int
    tokens: int
    counted_from: Literal["ledger", "logs"]
    """Where sessions, calls and tokens come from."""
    unread_files: int
    unread_bytes: int
    """What the next refresh would read."""
    gone_files: int
    """Files that were read once and are no longer there; their calls stay."""
    newest_ms: int | None
    """When a file last changed."""
    paths: list[str]
    missing_paths: list[str]
    config_key: str
    parser: int
    warning: str | None

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Counts:
    sessions: int = 0
    calls: int = 0
    tokens: int = 0
    skipped_lines: int = 0
    unreadable: int = 0


def list_sources(
    workspace: Workspace, harnesses: Sequence[str] = (), *, source: str | None = None, deep: bool = False
) -> list[SourceRow]:
    """A row for every harness, or for those asked for; a named `source` is looked at instead of the usual places."""
    from whyburn.harnesses import registry  # noqa: PLC0415

    db = workspace.reader("never")
    machine = this_machine(db)
    stored = {} if deep or source is not None else _stored(db, machine)
    rows = []
    for name in dict.fromkeys(harnesses or registry.names()):
        harness = registry.harness(name)
        roots = workspace.roots(harness, source)
        known = {} if machine is None else known_sources(db, machine[0], name)
        if source is not None:
            known = {path: one for path, one in known.items() if _below(path, roots[0])}
        read = _scanned(workspace, harness, roots) if deep or source is not None else None
        counts = read or stored.get(name, _Counts())
        rows.append(_row(workspace, harness, roots, known=known, counts=counts, deep=read is not None))
    return rows


def _row(
    workspace: Workspace, harness: Harness, roots: list[str], *, known: dict[str, Known], counts: _Counts, deep: bool
) -> SourceRow:
    present = [root for root in roots if os.path.exists(root)]
    missing = [root for root in roots if root not in present]
    sources = list(discover(harness, present))
    todo = list(changed(sources, known, harness.parser, full=False))
    chosen = workspace.settings.imports.harnesses
    enabled = chosen is None or harness.name in chosen
    paths = {one.path for one in sources}
    return SourceRow(
        harness=harness.name,
        exists=bool(present),
        enabled=enabled,
        files=len(sources),
        bytes=sum(one.size for one in sources),
        sessions=counts.sessions,
        calls=counts.calls,
        tokens=counts.tokens,
        counted_from="logs" if deep else "ledger",
        unread_files=len(todo),
        unread_bytes=sum(_unread(one, harness.parser) for one in todo),
        gone_files=sum(path not in paths and not os.path.exists(path) for path in known),
        newest_ms=max((one.mtime_ns // 1_000_000 for one in sources), default=None),
        paths=roots,
        missing_paths=missing,
        config_key=f"imports.sources.{harness.name}",
        parser=harness.parser,
        warning=_warning(present, counts, enabled=enabled),
    )


def _unread(todo: Todo, parser: int) -> int:
    """Bytes behind the checkpoint; all of a file that has to be read from its start."""
    source, known = todo
    if known is None or source.kind != "lines" or not may_resume(todo, parser, full=False):
        return source.size
    return source.size - known.position


def _warning(present: list[str], counts: _Counts, *, enabled: bool) -> str | None:
    said = []
    if not present:
        said.append("missing")
    if not enabled:
        said.append("not in imports.harnesses")
    if counts.unreadable:
        said.append(f"{counts.unreadable:,} file{'s' * (counts.unreadable != 1)} could not be opened")
    if counts.skipped_lines:
        said.append(f"{counts.skipped_lines:,} line{'s' * (counts.skipped_lines != 1)} could not be read")
    return ", ".join(said) or None


def _stored(db: sqlite3.Connection, machine: tuple[int, str] | None) -> dict[str, _Counts]:
    """What the ledger has of this machine, by harness."""
    if machine is None:
        return {}
    alone = db.execute("SELECT count(*) FROM machine").fetchone()[0] == 1
    where = None if alone else resolve(db, Filters(machine=(machine[1],)))
    sums = {row.key[0]: row.totals for row in engine.ask(db, ALL, ("harness",), where=where)}
    sessions = dict(
        db.execute(
            "SELECT harness, count(*) FROM session WHERE machine = ? AND calls > 0 GROUP BY harness", machine[:1]
        )
    )
    problems = {
        name: (lines, files)
        for name, lines, files in db.execute(
            "SELECT harness, sum(problems), count(error) FROM source WHERE machine = ? GROUP BY harness", machine[:1]
        )
    }
    return {
        name: _Counts(
            sessions.get(name, 0), sums[name].calls if name in sums else 0, sums[name].tokens if name in sums else 0,
            *problems.get(name, (0, 0)),
        )
        for name in {*sums, *sessions, *problems}
    }  # fmt: skip


def _scanned(workspace: Workspace, harness: Harness, roots: list[str]) -> _Counts:
    with scan(workspace, harness, roots) as (db, outcome):
        sums = engine.total(db, ALL)
        sessions = engine.session_count(db, ALL)
    return _Counts(sessions, sums.calls, sums.tokens, outcome.problems, outcome.skipped_files)


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)
