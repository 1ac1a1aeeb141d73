"""A simulated session through the whole pipeline: logs on disk, a ledger in memory, a report; and what was true."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator import emit
from whyburn.api.postmortem.explain import NoStepsError, report_of
from whyburn.api.sources.scan import scan
from whyburn.api.workspace import open_workspace
from whyburn.harnesses import registry
from whyburn.settings.paths import resolve_paths

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from simulator import Script, Truth
    from whyburn.api.workspace import Workspace
    from whyburn.postmortem.judge import Judged
    from whyburn.postmortem.report import Report

QUICK_FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
LONG = os.environ.get("WHYBURN_LONG_TESTS") == "1"
"""Run what takes minutes."""
ROOTS = {"claude": ".claude/projects", "codex": ".codex/sessions"}


class Examined(NamedTuple):
    """A session, as it was and as it is told."""

    truth: Truth
    report: Report
    total: int
    """Pico-dollars that the ledger has for it."""

    @property
    def owed(self) -> int:
        """Pico-dollars that the session cost; Codex counts a sub-agent as a session of its own."""
        chains = self.truth.chains[:1] if self.truth.harness == "codex" else self.truth.chains
        return sum(call.cost for chain in chains for call in chain.calls)

    def found(self, name: str) -> list[Judged]:
        """The findings of an id."""
        return [one for one in self.report.verdict.findings if one.finding.id == name]


@cache
def workspace() -> Workspace:
    """One with built-in prices and usual settings, whatever this machine's owner has set."""
    nowhere = {"HOME": os.path.join(tempfile.gettempdir(), "whyburn-no-home")}
    return open_workspace(resolve_paths(environ=nowhere), environ=nowhere)


@contextmanager
def shop() -> Iterator[Path]:
    """A folder in memory where there is such a thing."""
    with tempfile.TemporaryDirectory(dir=QUICK_FOLDER) as folder:
        yield Path(folder)


def essence(report: Report, *, names: bool = True) -> dict[str, Any]:
    """What a report says, apart from where the log lies: no ids, paths of logs, lines or instants.

    Without `names` the words that come from the log are left out as well.
    """
    said = report.as_dict(blocks=True)
    kept = {key: said[key] for key in ("billed", "attribution", "avoidable", "quality")}
    words = ("label", "subject", "title", "fix", "detail") if not names else ()
    for key in ("findings", "cache_events", "blocks"):
        hidden = {"line", "file", "evidence", "counter", *words}
        kept[key] = [{name: value for name, value in row.items() if name not in hidden} for row in said[key]]
    if not names:
        kept["attribution"] = {key: [{**row, "label": ""} for row in rows] for key, rows in kept["attribution"].items()}
    return kept


def examined(script: Script, *, seed: int = 0, tool_names: dict[str, str] | None = None) -> Examined:
    """Emit a script and have it explained."""
    with shop() as home:
        truth = emit(script, str(home), seed=seed, tool_names=tool_names)
        return Examined(truth, *explained(home, script.harness, truth.session))


def explained(home: Path, harness: str, session: str) -> tuple[Report, int]:
    """The report of a session below a home, and the ledger's total for it; `LookupError` when no call of it is left."""
    with scan(workspace(), registry.harness(harness), [str(home / ROOTS[harness])]) as (db, _):
        row = _row(db, session)
        (total,) = db.execute(
            "SELECT coalesce(sum(c.virtual_pico), 0) FROM thread t JOIN call c ON c.thread = t.id"
            " WHERE t.session = ? AND c.counted", (row,),
        ).fetchone()  # fmt: skip
        try:
            return report_of(workspace(), db, row), total
        except NoStepsError as error:
            raise LookupError(session) from error


def _row(db: sqlite3.Connection, session: str) -> int:
    found = db.execute("SELECT id FROM session WHERE native = ?", (session,)).fetchone()
    if found is None:
        raise LookupError(session)
    row: int = found[0]
    return row
