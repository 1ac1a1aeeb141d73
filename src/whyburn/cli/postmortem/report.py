"""`whyburn report`, and `whyburn HARNESS report`: one session as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from whyburn.cli.postmortem import options, pages, writing

if TYPE_CHECKING:
    from whyburn.cli.postmortem.options import Given


def build(harness: str | None) -> click.Command:
    """The command for one harness, or for all."""
    whose = f"{harness} " if harness else ""
    out = pages.default_out(harness, "report")
    choice = "Without a choice: the newest session." if harness is None else "ID or --last says which session."

    @click.command("report", short_help="One session as a page.",
                   help="One session as a page: a single file that needs no network, with where the money went, what "
                   f"would have saved it, and the picture of its prompts. {choice}\n\n"
                   f"Example: whyburn {whose}report --last --open")  # fmt: skip
    @options.session(harness)
    @click.option("--out", metavar="FILE", default=out, show_default=True, help="Where the page goes.")
    @click.option("--open", "open_", is_flag=True, help="Open it in the browser.")
    @options.redacting()
    @options.prices(harness)
    @options.several(*([options.source()] if harness is None else []))
    @options.homes(harness)
    @click.pass_context
    def command(ctx: click.Context, /, **given: Any) -> None:
        _run(ctx, given if harness else options.check_source(given), harness)

    return command


def _run(ctx: click.Context, given: Given, harness: str | None) -> None:
    question, policy, automatic = options.asked(given, harness, implied=harness is None)
    from whyburn.api.postmortem.answers import answer_of, report_for  # noqa: PLC0415
    from whyburn.views import text  # noqa: PLC0415
    from whyburn.views.postmortem import why  # noqa: PLC0415

    with options.opened(ctx, given) as found:
        report = report_for(found, question, policy=policy)
        answered = answer_of(found, question, report)
        page = pages.session_page(found, report, given)
        zone = found.zone().tz
    if automatic and question.file is None:
        writing.announce(answered)
    writing.write(given["out"], page)
    on = text.screen()
    text.write([*why.head(answered, on, zone), "", f"written to {given['out']}"], on)
    if given["open_"]:
        pages.open_page(given["out"])


command = build(None)
