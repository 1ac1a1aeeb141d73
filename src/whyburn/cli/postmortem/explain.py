"""`whyburn explain`, and `whyburn HARNESS explain`: where the money of one session went, in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from whyburn.cli.postmortem import options, writing
from whyburn.cli.price_options import Dollars
from whyburn.cli.values import refuse_if

if TYPE_CHECKING:
    from whyburn.api.postmortem.answers import Answer
    from whyburn.cli.postmortem.options import Given


def build(harness: str | None) -> click.Command:
    """The command for one harness, or for all."""
    example = "explain --last --budget 5" if harness is None else f"{harness} explain --last"
    place = "Where the money of a session went, what would have saved it, and what to change before the next run."
    choice = "Without a choice: the newest session." if harness is None else "ID or --last says which session."

    @click.command("explain", short_help="Where the money of a session went, in full.",
                   help=f"{place} {choice}\n\nExample: whyburn {example}")  # fmt: skip
    @options.session(harness)
    @click.option("--budget", type=Dollars(), metavar="USD", help="Say whether the cost is within this amount.")
    @click.option("--fail-over-budget", is_flag=True, help="End with exit code 3 when it is not.")
    @click.option("--out", metavar="FILE", help="Write Markdown (with --json: JSON) to this file.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @click.option("--blocks", is_flag=True, help="List every piece of the prompts too (with --json).")
    @click.option("--markdown", is_flag=True, help="Print Markdown.")
    @click.option("--rich", is_flag=True, help='Print rich tables (extra "rich").')
    @options.hiding()
    @options.prices(harness)
    @options.homes(harness)
    @click.pass_context
    def command(ctx: click.Context, /, **given: Any) -> None:
        _run(ctx, given, harness)

    return command


def _run(ctx: click.Context, given: Given, harness: str | None) -> None:
    _check(given)
    question, policy, automatic = options.asked(given, harness, implied=harness is None)
    from whyburn.api.postmortem.answers import answer  # noqa: PLC0415
    from whyburn.api.postmortem.explain import NoStepsError  # noqa: PLC0415

    with options.opened(ctx, given, quiet=given["as_json"]) as found:
        try:
            answered = answer(found, question, policy=policy)
        except NoStepsError as error:
            if not given["as_json"] and question.file is None:
                _usage_only(found, error)
            raise
        zone = found.zone().tz
    if automatic and question.file is None:
        writing.announce(answered)
    _print(answered, given, zone)
    if given["fail_over_budget"] and writing.exceeded(answered, given["budget"]):
        ctx.exit(writing.OVER_BUDGET)


def _check(given: Given) -> None:
    """Refuse what contradicts itself or would do nothing."""
    shapes = [name for name in ("as_json", "markdown", "rich") if given[name]]
    words = [{"as_json": "--json"}.get(name, f"--{name}") for name in shapes]
    refuse_if(len(shapes) > 1, f"{' and '.join(words)} exclude each other")
    refuse_if(given["rich"] and given["out"] is not None, "--rich is for a terminal: leave out --out")
    refuse_if(given["blocks"] and not given["as_json"], "--blocks needs --json")
    refuse_if(given["fail_over_budget"] and given["budget"] is None, "--fail-over-budget needs --budget")


def body_of(answered: Answer, given: Given) -> dict[str, Any]:
    """The JSON of an answer."""
    from whyburn.postmortem.money import money  # noqa: PLC0415

    body = answered.data if given["blocks"] else {key: value for key, value in answered.data.items() if key != "blocks"}
    budget = given["budget"]
    if budget is None:
        return body
    over = writing.exceeded(answered, budget)
    return {**body, "budget": {**money(budget, "budget"), "exceeded": over}}


def _print(answered: Answer, given: Given, zone: Any) -> None:
    verdict = writing.verdict(answered, given["budget"])
    if given["as_json"] or given["markdown"] or given["out"] is not None:
        text = writing.document("session", body_of(answered, given)) if given["as_json"] else _markdown(
            answered, zone, verdict)  # fmt: skip
        writing.deliver(text, given["out"], as_json=given["as_json"])
        if verdict and given["out"] is not None:
            click.echo(f"budget {verdict}", err=given["as_json"])
        return
    from whyburn.views import text as screens  # noqa: PLC0415
    from whyburn.views.postmortem import explain as view  # noqa: PLC0415

    on = screens.screen()
    screens.show(view.blocks(answered, on, zone, budget=verdict), on, rich=given["rich"])


def _markdown(answered: Answer, zone: Any, verdict: str) -> str:
    from whyburn.views.postmortem.markdown import markdown  # noqa: PLC0415

    return markdown(answered, zone, budget=verdict)


def _usage_only(found: Any, error: Any) -> None:
    """What is known of a session without steps."""
    from whyburn.api.postmortem.choose import Wanted  # noqa: PLC0415
    from whyburn.api.postmortem.scan import one_session  # noqa: PLC0415
    from whyburn.views.postmortem.scan import usage_line  # noqa: PLC0415

    click.echo(usage_line(one_session(found, Wanted(error.subject.id, error.subject.harness))))


command = build(None)
