"""`whyburn open`: the newest session as a page in the browser, or the demo where there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from whyburn.cli.options import policy_of
from whyburn.cli.postmortem import options, pages, writing
from whyburn.cli.price_options import prices_of
from whyburn.errors import SelectionError

if TYPE_CHECKING:
    from whyburn.cli.postmortem.options import Given
    from whyburn.postmortem.report import Report

OUT = os.path.join(pages.FOLDER, "session.html")


@click.command("open", short_help="The newest session as a page in the browser, or the demo.")
@options.several(
    click.option("--limit", type=options.Limit(), default=20, show_default=True, metavar="N",
                 help="Look for a session with a transcript among the newest N."),
    options.which_harness(None), options.source(), options.where(), options.fresh(),
    click.option("--out", metavar="PATH", help=f"The page of a session (default: {OUT}); for the demo, a folder."),
    click.option("--no-open", is_flag=True, help="Only write the page."),
    options.redacting(), options.prices(None), options.homes(None),
)  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """The best page there is, at once: that of the newest session; without any session, the demo.

    The demo is marked as synthetic. A harness, folder or project that was asked for and has no session is an error.

    Example: whyburn open
    """
    given = options.check_source(given)
    page = _session(ctx, given)
    if page is None:
        page = _demo(given["out"])
    click.echo(f"written to {page}")
    if not given["no_open"]:
        pages.open_page(page)


def _session(ctx: click.Context, given: Given) -> str | None:
    """The page of the newest session, written; None where there is nothing at all and nothing was asked for."""
    from whyburn.api.postmortem.choose import Wanted, choose, fitting  # noqa: PLC0415
    from whyburn.api.postmortem.explain import NoStepsError, report_of  # noqa: PLC0415

    wanted = Wanted(None, options.harness_of(given, None), given["cwd"], given["project"])
    asked = wanted != Wanted() or any(given[name] for name in ("source", "claude_home", "codex_home"))
    with options.opened(ctx, given) as found:
        db = found.reader(policy_of(given["refresh"]))
        idents = fitting(db, wanted, limit=given["limit"])
        if asked and not idents:
            choose(db, wanted)  # says what there is none of
        for ident in idents:
            try:
                report = report_of(found, db, ident, prices=prices_of(given))
            except NoStepsError:
                continue
            text = pages.session_page(found, report, given)
            return _written(given["out"] or OUT, report, text)
    if asked:
        raise SelectionError(
            f"none of the newest {len(idents)} sessions that fit has step data: whyburn usage sessions"
        )
    return None


def _written(out: str, report: Report, text: str) -> str:
    from whyburn.api.postmortem import site  # noqa: PLC0415
    from whyburn.views.words import money  # noqa: PLC0415

    place = writing.place(out)
    site.check_ours(place)
    site.write_private(place, text)
    click.echo("mode: session")
    click.echo(f"{money(report.cost)} · newest session: {report.subject.harness} {report.subject.id[:8]}")
    return out


def _demo(out: str | None) -> str:
    """The demo site; its index."""
    from whyburn.cli import demo_site  # noqa: PLC0415

    click.echo("mode: demo (synthetic)")
    folder = out or demo_site.OUT
    demo_site.write_demo(folder)
    writing.note("no session with steps was found here, so these are made up: `whyburn doctor` tells where was looked")
    return os.path.join(folder, "index.html")
