"""A workspace: the settings, the places and the ledger that one program run works with.

Reports ask it for a `reader`; before that it refreshes the ledger as far as the settings and the caller want, and
prices stored calls again when prices have changed. A ledger that cannot be written is read as it is, with a note.
How a refresh is done stands in `refreshing`.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

from whyburn import clock
from whyburn.api import costing
from whyburn.api.refreshing import Refresh, RefreshOptions
from whyburn.errors import LedgerError, SchemaError
from whyburn.ledger import database
from whyburn.settings.loader import load
from whyburn.settings.paths import resolve_paths

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from whyburn.harnesses.interface import Harness
    from whyburn.ledger.ingest import Outcome
    from whyburn.settings.paths import Paths
    from whyburn.settings.schema import Settings

__all__ = ["Policy", "RefreshOptions", "Workspace", "open_workspace"]

Policy = Literal["never", "auto", "always"]
_AUTO_WAIT_SECONDS = 20.0


@dataclass
class Workspace:
    """See the module's text. Use it as a context manager, or `close` it."""

    paths: Paths
    settings: Settings
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    notes: list[str] = field(default_factory=list)
    """What the user should know and what did not stop anything: one line each, for stderr."""
    progress: Callable[[str, int, int], None] | None = None
    """Called with (what, done, whole) during long work."""
    _reader: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the ledger."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def reader(self, policy: Policy | None = None) -> sqlite3.Connection:
        """A read-only connection to a ledger that is as fresh as the policy asks for; an empty one if there is none."""
        policy = policy or self.settings.reports.refresh
        try:
            if policy == "always" or (policy == "auto" and self._is_due()):
                self.refresh(wait_seconds=_AUTO_WAIT_SECONDS)
            else:
                self._reprice_if_needed()
        except SchemaError:
            raise
        except LedgerError as error:
            self.notes.append(f"{error}; what follows is what was stored before")
        if self._reader is None:
            self._reader = database.open_reader(self.paths.db) or database.open_memory()
        return self._reader

    def refresh(self, options: RefreshOptions | None = None, *, wait_seconds: float = 120.0) -> list[Outcome]:
        """Read what is new in the logs; what each harness gave."""
        self.close()
        return Refresh(self, options or RefreshOptions()).run(wait_seconds=wait_seconds)

    def describe(self, sessions: Sequence[int]) -> bool:
        """Read titles of these sessions that no billing line carries; whether there was anything to read.

        A ledger that is busy or cannot be written is left as it is: a title is not worth waiting for.
        """
        from whyburn.ledger import facts  # noqa: PLC0415  only lists of sessions need it
        from whyburn.ledger.interning import Interner  # noqa: PLC0415

        db = self._reader
        sources = facts.behind(db, sessions) if db is not None and sessions and os.path.exists(self.paths.db) else []
        if not sources:
            return False
        self.close()
        with contextlib.suppress(LedgerError), database.locked_writer(self.paths.db, wait_seconds=0.0) as writer:
            with database.transaction(writer):
                machine = database.local_machine(writer, self.machine_name(), clock.now_ms())
            facts.read(writer, Interner(writer, machine), sources)
        self._reader = database.open_reader(self.paths.db)
        return True

    def purge_raw(self) -> int:
        """Erase all raw records that were kept for debugging; how many there were."""
        from whyburn.ledger import raw  # noqa: PLC0415  rare

        self.close()
        with database.locked_writer(self.paths.db) as db:
            count = raw.purge(db)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return count

    def init(self) -> str:
        """Create the ledger, or bring it up to date, and register this machine; its path."""
        path = self.paths.db
        with database.translated(path), contextlib.closing(database.open_writer(path)) as db, database.transaction(db):
            database.local_machine(db, self.machine_name(), clock.now_ms())
        return path

    def roots(self, harness: Harness, source: str | None = None) -> list[str]:
        """Where the logs of a harness are looked for: a given path, the configured places, or the usual ones."""
        from whyburn.harnesses.interface import Places  # noqa: PLC0415

        if source is not None:
            return [os.path.abspath(os.path.expanduser(source))]
        configured = self.settings.imports.sources.get(harness.name)
        if configured:
            return [os.path.abspath(os.path.expanduser(path)) for path in configured]
        return harness.roots(Places(self.environ, self.environ.get("HOME") or os.path.expanduser("~")))

    def places(self, harnesses: Sequence[str] = ()) -> list[tuple[Harness, list[str]]]:
        """(harness, files or folders) that a refresh reads, there or not: of the given, else the enabled harnesses."""
        from whyburn.harnesses import registry  # noqa: PLC0415

        wanted = harnesses or self.settings.imports.harnesses or tuple(registry.names())
        return [(one, self.roots(one)) for one in map(registry.harness, dict.fromkeys(wanted))]

    def machine_name(self) -> str:
        """What this machine is called: in the settings, else on the network."""
        if self.settings.machine_name:
            return self.settings.machine_name
        return _host_name().strip()[:80]

    def reporter(self, what: str) -> Callable[[int, int], None] | None:
        """Where the progress of one piece of work goes."""
        progress = self.progress
        return None if progress is None else lambda done, whole: progress(what, done, whole)

    def zone(self, name: str | None = None, *, utc: bool = False) -> clock.Zone:
        """The zone that was asked for, else that of the settings, else the local one."""
        return clock.zone(name or (None if utc else self.settings.reports.timezone), utc=utc)

    def _is_due(self) -> bool:
        """Whether the last full refresh is long enough ago."""
        if self._reader is not None:
            return False
        db = database.open_reader(self.paths.db)
        if db is None:
            return True
        self._reader = db
        last = database.meta(db, "refreshed_ms")
        age = clock.now_ms() - int(last or 0)
        due = not 0 <= age < self.settings.reports.min_refresh_interval_secs * 1000
        return due or database.meta(db, "costing") != costing.costing_hash(self.settings)

    def _reprice_if_needed(self) -> None:
        if self._reader is None:
            self._reader = database.open_reader(self.paths.db)
        if self._reader is None:
            return
        if database.meta(self._reader, "costing") in (None, costing.costing_hash(self.settings)):
            return
        self.close()
        with database.locked_writer(self.paths.db) as db:
            costing.reprice(db, self.settings, report=self.reporter("prices"))


def open_workspace(paths: Paths | None = None, *, environ: Mapping[str, str] = os.environ) -> Workspace:
    """A workspace over the usual places, or over the given ones."""
    places = paths or resolve_paths(environ=environ)
    return Workspace(places, load(places, environ), environ)


def _host_name() -> str:
    """The name of this computer; `platform` knows it everywhere and is slow to import."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    from platform import node  # noqa: PLC0415  Windows

    return node()
