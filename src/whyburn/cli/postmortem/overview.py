"""`whyburn overview`, and `whyburn HARNESS overview`: many sessions, why they were dear, what they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from whyburn.cli.options import policy_of
from whyburn.cli.postmortem import options, pages, writing
from whyburn.cli.price_options import prices_of
from whyburn.cli.values import OneOf, refuse_if

if TYPE_CHECKING:
    from whyburn.api.postmortem.overview import Overview, Sort
    from whyburn.api.workspace import Workspace
    from whyburn.cli.postmortem.options import Given

SORTS = ("cost", "tokens", "last")


def build(harness: str | None) -> click.Command:
    """The command for one harness, or for all."""
    whose = f"{harness} " if harness else ""
    out = pages.default_out(harness, "overview")

    @click.command("overview", short_help="Many sessions: which were dear, and why.",
                   help=f"The newest {whose}sessions, dearest first, with their likely causes and what they have in "
                   "common; printed, and written as a page. Sessions that were explained before are not read again.\n\n"
                   f"Example: whyburn {whose}overview --session-reports --open")  # fmt: skip
    @options.limit(20)
    @click.option("--sort", type=OneOf(SORTS), default="cost", show_default=True, help="Which come first.")
    @options.which_harness(harness)
    @options.where()
    @options.fresh()
    @options.caching()
    @click.option("--session-reports", is_flag=True, help="Write a linked page for each session too.")
    @click.option("--out", metavar="FILE", help=f"Where the page (with --json: the JSON) goes (default: {out}).")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON, write no page.")
    @click.option("--open", "open_", is_flag=True, help="Open the page in the browser.")
    @options.redacting()
    @options.prices(harness)
    @options.several(*([options.source()] if harness is None else []))
    @options.homes(harness)
    @click.pass_context
    def command(ctx: click.Context, /, **given: Any) -> None:
        _run(ctx, given if harness else options.check_source(given), harness)

    return command


def _run(ctx: click.Context, given: Given, harness: str | None) -> None:
    _check(given)
    with options.opened(ctx, given, quiet=given["as_json"]) as found:
        report = _ask(found, given, harness)
        if given["as_json"]:
            _json(report, given, harness)
            return
        out = given["out"] or pages.default_out(harness, "overview")
        _show(found, report, given)
        _write(found, report, given, out)
    if given["open_"]:
        pages.open_page(out)


def _check(given: Given) -> None:
    for name in ("open_", "session_reports"):
        option = f"--{name.rstrip('_').replace('_', '-')}"
        refuse_if(given["as_json"] and given[name], f"--json writes no page: leave out {option}")


def _ask(found: Workspace, given: Given, harness: str | None) -> Overview:
    from whyburn.api.postmortem.choose import Wanted  # noqa: PLC0415
    from whyburn.api.postmortem.overview import overview  # noqa: PLC0415

    wanted = Wanted(None, options.harness_of(given, harness), given["cwd"], given["project"])
    return overview(
        found, wanted, limit=given["limit"], sort=cast("Sort", given["sort"]), digests=options.digests_of(found, given),
        policy=policy_of(given["refresh"]), prices=prices_of(given),
    )  # fmt: skip


def _json(report: Overview, given: Given, harness: str | None) -> None:
    from whyburn.postmortem.redact import Redactor, redacted  # noqa: PLC0415

    body = redacted(report.as_dict(), Redactor.of(options.level_of(given)))
    text = writing.document(f"{harness}_overview" if harness else "overview", body)
    counts = report.cache
    writing.note(f"cache: {counts.hit} hits, {counts.miss} missed, {counts.stale} stale; {report.elapsed_ms} ms")
    writing.deliver(text, given["out"], as_json=True)


def _show(found: Workspace, report: Overview, given: Given) -> None:
    from whyburn.postmortem.redact import Redactor  # noqa: PLC0415
    from whyburn.views import text  # noqa: PLC0415
    from whyburn.views.postmortem import overview as view  # noqa: PLC0415

    on = text.screen()
    text.write(view.blocks(report, on, found.zone().tz, Redactor.of(options.level_of(given))), on)


def _write(found: Workspace, report: Overview, given: Given, out: str) -> None:
    """The page, and the pages of its sessions."""
    from whyburn.views.page.site import index_page  # noqa: PLC0415  jinja2

    look, links = pages.look_of(found, given), {}
    if given["session_reports"]:
        links = pages.session_pages(found, report.rows, out, report.harness or "overview", look)
    writing.write(out, index_page(found, report, look, links))
    more = f" and {len(links)} pages of sessions beside it" if links else ""
    click.echo(f"written to {out}{more}")


command = build(None)
