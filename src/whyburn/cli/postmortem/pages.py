"""The one place where commands draw pages: a session's, an overview's; and the browser that opens them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from whyburn import __version__, clock
from whyburn.cli.postmortem.writing import note
from whyburn.errors import WhyburnError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.api.postmortem.overview import Analysed, Overview
    from whyburn.api.workspace import Workspace
    from whyburn.postmortem.redact import Level
    from whyburn.postmortem.report import Report
    from whyburn.prices.overrides import PriceConfig

FOLDER = "reports"


def session_page(workspace: Workspace, report: Report, level: Level) -> str:
    """The page of one session."""
    from whyburn.postmortem.redact import Redactor, hide  # noqa: PLC0415
    from whyburn.views.page.session import render_session  # noqa: PLC0415  jinja2

    redact, zone = Redactor.of(level, report.subject), workspace.zone()
    return render_session(hide(report, redact), generated_ms=clock.now_ms(), version=__version__, redact=redact,
                          zone=zone.tz, zone_name=zone.name)  # fmt: skip


def overview_page(workspace: Workspace, found: Overview, level: Level, links: dict[str, str]) -> str:
    """The page of many sessions; `links` has the addresses of those that have pages of their own."""
    from whyburn.postmortem.redact import Redactor  # noqa: PLC0415
    from whyburn.views.page.overview import render_overview  # noqa: PLC0415  jinja2

    zone = workspace.zone()
    return render_overview(found, generated_ms=clock.now_ms(), version=__version__, redact=Redactor.of(level),
                           zone=zone.tz, zone_name=zone.name, links=links)  # fmt: skip


def session_pages(
    workspace: Workspace, rows: Sequence[Analysed], out: str, name: str, *, level: Level, prices: PriceConfig | None
) -> dict[str, str]:
    """Write a page for each session into a folder beside `out`; their addresses by session key."""
    from whyburn.api.postmortem.explain import report_of  # noqa: PLC0415
    from whyburn.api.postmortem.site import page_name, write_private  # noqa: PLC0415

    folder = f"{name}-sessions"
    db, addresses = workspace.reader("never"), {}
    for row in rows:
        file = page_name(row.subject.key)
        try:
            page = session_page(workspace, report_of(workspace, db, row.ident, prices=prices), level)
        except WhyburnError as error:
            note(f"no page for {row.subject.key}: {error}")
            continue
        write_private(os.path.join(os.path.dirname(place(out)), folder, file), page)
        addresses[row.subject.key] = f"{folder}/{file}"
    return addresses


def place(path: str) -> str:
    """The absolute path of a file that a command writes."""
    return os.path.abspath(os.path.expanduser(path))


def default_out(harness: str | None, what: str) -> str:
    """Where a page goes when nothing else is said: reports/report.html, reports/codex-report.html."""
    return os.path.join(FOLDER, f"{f'{harness}-' if harness else ''}{what}.html")


def open_page(path: str) -> None:
    """Open a page in the browser; one that cannot be opened is told and no error."""
    import webbrowser  # noqa: PLC0415  slow to import
    from pathlib import Path  # noqa: PLC0415

    if not webbrowser.open(Path(place(path)).as_uri()):
        note(f"no browser could be opened: open {path} yourself")
