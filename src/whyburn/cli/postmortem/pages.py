"""Where pages of commands go and how they look, the pages beside an overview, and the browser that opens them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from whyburn import __version__
from whyburn.cli.context import SCHEMA_VERSION
from whyburn.cli.postmortem import options
from whyburn.cli.postmortem.writing import note, place
from whyburn.cli.price_options import prices_of
from whyburn.errors import WhyburnError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.api.postmortem.overview import Analysed
    from whyburn.api.workspace import Workspace
    from whyburn.cli.postmortem.options import Given
    from whyburn.postmortem.report import Report
    from whyburn.views.page.site import Look

FOLDER = "reports"


def look_of(workspace: Workspace, given: Given) -> Look:
    """How the pages of a command look."""
    from whyburn.views.page.site import Look  # noqa: PLC0415  jinja2

    return Look(__version__, SCHEMA_VERSION, workspace.zone(), options.level_of(given), prices_of(given),
                given.get("demo", False))  # fmt: skip


def session_page(workspace: Workspace, report: Report, given: Given) -> str:
    """The page of one session."""
    from whyburn.views.page.site import page_of  # noqa: PLC0415  jinja2

    return page_of(workspace, report, look_of(workspace, given))


def session_pages(workspace: Workspace, rows: Sequence[Analysed], out: str, name: str, look: Look) -> dict[str, str]:
    """Write a page for each session into a folder beside `out`; their addresses by session key."""
    from whyburn.api.postmortem.site import page_name, write_private  # noqa: PLC0415
    from whyburn.views.page import site  # noqa: PLC0415  jinja2

    folder = f"{name}-sessions"
    db, addresses = workspace.reader("never"), {}
    for row in rows:
        file = page_name(row.subject.key)
        try:
            page = site.session_page(workspace, db, row, look)
        except WhyburnError as error:
            note(f"no page for {row.subject.key}: {error}")
            continue
        write_private(os.path.join(os.path.dirname(place(out)), folder, file), page)
        addresses[row.subject.key] = f"{folder}/{file}"
    return addresses


def default_out(harness: str | None, what: str) -> str:
    """Where a page goes when nothing else is said: reports/report.html, reports/codex-report.html."""
    return os.path.join(FOLDER, f"{f'{harness}-' if harness else ''}{what}.html")


def open_page(path: str) -> None:
    """Open a page in the browser; one that cannot be opened is told and no error."""
    import webbrowser  # noqa: PLC0415  slow to import
    from pathlib import Path  # noqa: PLC0415

    if not webbrowser.open(Path(place(path)).as_uri()):
        note(f"no browser could be opened: open {path} yourself")
