"""The pages of a site: the overview, its data, one page per listed session, all seen through one `Look`.

A page of the dashboard, of the demo and of the server is made by the same functions; the server makes them one by one,
when they are asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whyburn import clock
from whyburn.api.postmortem import site
from whyburn.api.postmortem.dashboard import dashboard_of
from whyburn.api.postmortem.explain import report_of
from whyburn.errors import WhyburnError
from whyburn.postmortem.redact import Redactor, hide
from whyburn.views.page.overview import render_overview
from whyburn.views.page.session import render_session

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from whyburn.api.postmortem.overview import Analysed, Overview
    from whyburn.api.workspace import Workspace
    from whyburn.clock import Zone
    from whyburn.postmortem.redact import Level
    from whyburn.postmortem.report import Report
    from whyburn.prices.overrides import PriceConfig


@dataclass(frozen=True, slots=True)
class Look:
    """How much the pages of a site show, and in which zone."""

    version: str
    schema_version: int
    """Of the JSON."""
    zone: Zone
    redact: Level = "default"
    prices: PriceConfig | None = None
    """Instead of those of the price book."""
    synthetic: bool = False
    """The sessions are made up, and the page says so."""
    generated_ms: int | None = None
    """When the pages say they were made; None: now."""

    @property
    def made_ms(self) -> int:
        """When a page that is made now was made."""
        return clock.now_ms() if self.generated_ms is None else self.generated_ms


def session_page(workspace: Workspace, db: sqlite3.Connection, row: Analysed, look: Look) -> str:
    """The page of one session; `WhyburnError` when its log cannot be read any more."""
    return page_of(workspace, report_of(workspace, db, row.ident, prices=look.prices), look)


def page_of(workspace: Workspace, report: Report, look: Look) -> str:
    """The page of a report."""
    redact = Redactor.of(look.redact, report.subject, workspace.environ)
    return render_session(
        hide(report, redact), generated_ms=look.made_ms, version=look.version, redact=redact, zone=look.zone.tz,
        zone_name=look.zone.name,
    )  # fmt: skip


def index_page(workspace: Workspace, overview: Overview, look: Look, links: Mapping[str, str]) -> str:
    """The overview, with links to the sessions that have a page."""
    return render_overview(
        overview, generated_ms=look.made_ms, version=look.version, zone=look.zone.tz, zone_name=look.zone.name,
        redact=Redactor.of(look.redact, environ=workspace.environ), links=links, synthetic=look.synthetic,
    )  # fmt: skip


def data_of(workspace: Workspace, overview: Overview, look: Look) -> dict[str, Any]:
    """The JSON of a dashboard."""
    head = {"schema_version": look.schema_version, "version": look.version, "kind": "dashboard"}
    body = dashboard_of(workspace, overview, redact=look.redact, prices=look.prices)
    return {**head, "synthetic": look.synthetic, **body}


def data_file(workspace: Workspace, overview: Overview, look: Look) -> str:
    """The same as a text."""
    return json.dumps(data_of(workspace, overview, look), ensure_ascii=False) + "\n"


def session_files(
    workspace: Workspace, overview: Overview, look: Look, folder: str = site.FOLDER
) -> Iterator[tuple[str, str, str]]:
    """(key, name, text) of the page of every listed session whose log is still there."""
    db = workspace.reader("never")
    names = site.links((row.subject.key for row in overview.shown), folder)
    progress = workspace.reporter("pages")
    for nth, row in enumerate(overview.shown):
        try:
            yield row.subject.key, names[row.subject.key], session_page(workspace, db, row, look)
        except WhyburnError:
            continue
        if progress is not None:
            progress(nth + 1, len(overview.shown))


def files(workspace: Workspace, overview: Overview, look: Look, *, sessions: bool) -> Iterator[tuple[str, str]]:
    """(name, text) of every file of a site, the index last."""
    links = {}
    if sessions:
        for key, name, text in session_files(workspace, overview, look):
            links[key] = name
            yield name, text
    yield site.DATA, data_file(workspace, overview, look)
    yield site.INDEX, index_page(workspace, overview, look, links)
