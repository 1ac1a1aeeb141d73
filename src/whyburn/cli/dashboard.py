"""`whyburn dashboard`: an overview as a folder of static pages, or as JSON."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from whyburn.cli import site_options
from whyburn.cli.postmortem import options, pages, writing
from whyburn.cli.values import refuse_if

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whyburn.api.postmortem.overview import Overview
    from whyburn.cli.postmortem.options import Given
    from whyburn.cli.site_options import Chosen

OUT = os.path.join(pages.FOLDER, "dashboard")


@click.command("dashboard", short_help="An overview as a folder of static pages.")
@options.several(
    click.option("--out", metavar="DIR|FILE", help=f"A folder for the site, or one page FILE.html (default: {OUT}); "
                 "with --json the JSON file."),
    click.option("--session-reports", is_flag=True, help="Write a linked page for each listed session too."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON, write no page."),
    site_options.choosing(),
)  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Where the money of the newest sessions went, as static pages that need no server and no network.

    The folder gets index.html, overview.json and, with --session-reports, a page for each of the 20 dearest sessions;
    session pages of an earlier run are replaced.

    Example: whyburn dashboard --session-reports
    """
    refuse_if(given["as_json"] and given["session_reports"], "--json writes no page: leave out --session-reports")
    with site_options.chosen(ctx, given, quiet=given["as_json"]) as found:
        overview = found.ask(None)
        for line in overview.unreadable[:3]:
            writing.note(line)
        if given["as_json"]:
            _json(found, overview, given["out"])
        else:
            _pages(found, overview, given)


def _json(found: Chosen, overview: Overview, out: str | None) -> None:
    from whyburn.views.page.site import data_file  # noqa: PLC0415

    writing.deliver(data_file(found.workspace, overview, found.look), out, as_json=True)


def _pages(found: Chosen, overview: Overview, given: Given) -> None:
    """The site or the page, and two lines about it."""
    from whyburn.api.postmortem import site  # noqa: PLC0415
    from whyburn.views.page.site import files  # noqa: PLC0415
    from whyburn.views.words import count_of, money  # noqa: PLC0415

    out, sessions = given["out"] or OUT, given["session_reports"]
    if out.lower().endswith((".html", ".htm")):
        root, index = os.path.split(writing.place(out))
        folder, address = f"{os.path.splitext(index)[0]}-{site.FOLDER}", out
        made = _one_page(found, overview, index, folder, sessions=sessions)
    else:
        root, index, folder, address = out, site.INDEX, site.FOLDER, os.path.join(out, site.INDEX)
        made = files(found.workspace, overview, found.look, sessions=sessions)
    written = site.write_site(root, made, index=index, folder=folder)
    source = site_options.source_of(overview, synthetic=found.look.synthetic)
    cost = money(overview.cost if overview.priced else None)
    what = f"{cost} in {site_options.described(overview)} sessions" if overview.rows else "no sessions"
    click.echo(f"{what} · {source}")
    linked = sum(name.startswith(f"{folder}/") for name in written)
    click.echo(f"written to {address}" + (f" and {count_of(linked, 'page')} of sessions" if linked else ""))


def _one_page(
    found: Chosen, overview: Overview, index: str, folder: str, *, sessions: bool
) -> Iterator[tuple[str, str]]:
    """A page on its own: session pages beside it, no JSON."""
    from whyburn.views.page.site import index_page, session_files  # noqa: PLC0415

    links = {}
    if sessions:
        for key, name, text in session_files(found.workspace, overview, found.look, folder):
            links[key] = name
            yield name, text
    yield index, index_page(found.workspace, overview, found.look, links)
