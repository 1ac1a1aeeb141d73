"""A report as plain data, made once: what `explain`, `why` and `--json` show of a session.

Reading a log of a hundred megabytes takes seconds; showing what was found in it should not. A report that took long to
make is kept beside the digests, redacted at level `default` and compressed, and holds as long as they do. The page
needs the anatomy itself and is always made anew.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Literal

from whyburn.api.postmortem.digests import KIND as DIGEST
from whyburn.api.postmortem.digests import Digests
from whyburn.api.postmortem.explain import report_of
from whyburn.pausing import without_cycle_collector
from whyburn.postmortem.digest import digest_of
from whyburn.postmortem.redact import Redactor, redacted

if TYPE_CHECKING:
    import sqlite3

    from whyburn.api.workspace import Workspace
    from whyburn.postmortem.redact import Level
    from whyburn.postmortem.report import Report

KIND = "explain"
WORTH_KEEPING_SECONDS = 0.25


def explained(
    workspace: Workspace, db: sqlite3.Connection, session: int, *, redact: Literal["none", "default"] = "default"
) -> dict[str, Any]:
    """The report of the session in a row of the ledger as plain data with its blocks: the JSON contract.

    What was kept is redacted already, so level `none` always reads the logs.
    """
    if redact == "none":
        return data_of(report_of(workspace, db, session), "none")
    digests = Digests(workspace)
    found = _kept(workspace, db, session, digests)
    digests.save()
    return found


def data_of(report: Report, redact: Level) -> dict[str, Any]:
    """A report as plain data with its blocks, redacted."""
    found: dict[str, Any] = redacted(report.as_dict(blocks=True), Redactor.of(redact, report.subject))
    return found


def _kept(workspace: Workspace, db: sqlite3.Connection, session: int, digests: Digests) -> dict[str, Any]:
    body = digests.body(db, session, KIND)
    if body is not None:
        found: dict[str, Any] = json.loads(_unpacked(body))
        return found
    return remade(workspace, db, session, digests)[1]


def remade(
    workspace: Workspace, db: sqlite3.Connection, session: int, digests: Digests
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(digest, plain data) of a session, made now. Both are redacted; the digest is kept, the data where it took long:
    whoever asks for one of them is likely to ask for the other."""
    began, mark = time.process_time(), digests.mark(db, session)
    with without_cycle_collector():
        report = report_of(workspace, db, session)
        data = data_of(report, "default")
    short = digest_of(report, Redactor.of("default", report.subject).text)
    digests.keep(session, DIGEST, mark, _text(short))
    if time.process_time() - began > WORTH_KEEPING_SECONDS:
        digests.keep(session, KIND, mark, _packed(_text(data)))
    return short, data


def digest(workspace: Workspace, db: sqlite3.Connection, session: int, digests: Digests) -> dict[str, Any]:
    """The digest of a session: as stored if it still holds, else made now; `digests.save` keeps it."""
    body = digests.body(db, session, DIGEST)
    if body is None:
        return remade(workspace, db, session, digests)[0]
    found: dict[str, Any] = json.loads(body)
    return found


def _text(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")


def _packed(text: bytes) -> bytes:
    import zstandard  # noqa: PLC0415  only long sessions need it

    return zstandard.compress(text, 3)


def _unpacked(body: bytes) -> bytes:
    import zstandard  # noqa: PLC0415  see above

    return zstandard.decompress(body)
