"""What `analyze trace` and `import-otel` share: their options, and how an analysis leaves the program."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from whyburn.cli.context import emit_json, workspace
from whyburn.cli.postmortem import writing
from whyburn.cli.postmortem.options import several
from whyburn.cli.price_options import Dollars, price_options, prices_of
from whyburn.cli.values import OneOf, refuse_if
from whyburn.postmortem.redact import LEVELS, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whyburn.api.traces import Analysis

    Command = Callable[..., Any]


def trace_options(prices: Sequence[str]) -> Callable[[Command], Command]:
    """FILE and the options of both commands."""
    return several(
        click.argument("file"),
        click.option("--budget", type=Dollars(), metavar="USD", help="Say whether the cost is within this amount."),
        click.option("--fail-over-budget", is_flag=True, help="End with exit code 3 when it is not."),
        price_options(prices),
        click.option("--lenient", is_flag=True, help="Count and skip lines that cannot be read."),
        click.option("--redact", type=OneOf(LEVELS), default="default", show_default=True,
                     help="Mask secrets and private folders; share: also texts, commands and paths."),
        click.option("--out", metavar="PATH", help="Write Markdown (with --json: JSON) to this file."),
        click.option("--markdown", is_flag=True, help="Print Markdown."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    )  # fmt: skip


def answer(ctx: click.Context, analyse: Callable[..., Analysis], given: dict[str, Any]) -> None:
    """Analyse the file as asked, print or write the result, and choose the exit code."""
    as_json, out = given["as_json"], given["out"]
    refuse_if(as_json and given["markdown"], "--json and --markdown exclude each other")
    refuse_if(given["fail_over_budget"] and given["budget"] is None, "--fail-over-budget needs --budget")
    prices = prices_of(given)
    with workspace(ctx, quiet=as_json) as found:
        analysis = analyse(
            given["file"], budget_pico=given["budget"], lenient=given["lenient"], prices=prices,
            settings=found.settings, redact=Redactor.of(given["redact"]).text,
        )  # fmt: skip
    if out is not None:
        _write(analysis, out, as_json=as_json)
    else:
        _print(analysis, as_json=as_json, as_markdown=given["markdown"])
    if given["fail_over_budget"] and analysis.over_budget:
        ctx.exit(writing.OVER_BUDGET)


def _print(analysis: Analysis, *, as_json: bool, as_markdown: bool) -> None:
    if as_json:
        emit_json("analysis", analysis.as_dict())
        return
    from whyburn.views import trace as view  # noqa: PLC0415

    if as_markdown:
        click.echo(view.markdown(analysis), nl=False)
    else:
        view.write(analysis)


def _write(analysis: Analysis, out: str, *, as_json: bool) -> None:
    """The file, and one line that says so: on stderr for JSON, whose stdout is for JSON only."""
    from whyburn.views import trace as view  # noqa: PLC0415

    text = writing.document("analysis", analysis.as_dict()) if as_json else view.markdown(analysis)
    writing.write(out, text)
    said = [line for label, line in view.sections(analysis)[0].lines if label == "budget"]
    lines = [f"written to {out}", *(f"budget {line}" for line in said)]
    (sys.stderr if as_json else sys.stdout).write("".join(f"{line}\n" for line in lines))
