"""`whyburn prices`: what the book lists, what was used, why a price applies, and prices from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from whyburn.cli.context import emit_json, paths_of, workspace
from whyburn.cli.options import policy_of
from whyburn.cli.values import AtLeast, OneOf, refuse_if
from whyburn.prices.filters import SORTS, TABLES, PriceFilters

if TYPE_CHECKING:
    from whyburn.api.prices.foreign import Existing
    from whyburn.prices.filters import Sort, Table


@click.group("prices", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """The price book: what a model costs and why.

    Example: whyburn prices list --provider anthropic
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command("list", short_help="All prices, or those you use or lack.")
@click.option("--used-only", is_flag=True, help="Models in the ledger, with the price rows that were applied.")
@click.option("--missing-only", is_flag=True, help="Models in the ledger without a price, with their tokens.")
@click.option("--table", type=OneOf(TABLES), default="all", show_default=True,
              help="virtual and actual are your own rows, snapshot is the built-in table.")  # fmt: skip
@click.option("--provider", metavar="NAME", help="Only this provider.")
@click.option("--model", metavar="ID", help="Only this model, by id or alias.")
@click.option("--query", metavar="TEXT", help="Only rows in which this text occurs.")
@click.option("--category", metavar="NAME", help="Only this category (of your own rows).")
@click.option("--release-status", metavar="NAME", help="Only this release status (of your own rows).")
@click.option("--sort", type=OneOf(SORTS), metavar="KEY", help=f"Order of rows: {', '.join(SORTS)}.")
@click.option("--limit", type=AtLeast(1), metavar="N", help="Only the first N rows.")
@click.option("--aliases", is_flag=True, help="Show the other names of each model.")
@click.option("--refresh/--no-refresh", "refresh", default=None,
              help="Read new log lines first, or not (--used-only, --missing-only).")  # fmt: skip
@click.option("--rich", is_flag=True, help="Draw tables with the rich package.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def list_(
    ctx: click.Context, used_only: bool, missing_only: bool, table: str, provider: str | None, model: str | None,
    query: str | None, category: str | None, release_status: str | None, sort: str | None, limit: int | None,
    aliases: bool, refresh: bool | None, rich: bool, as_json: bool,
) -> None:  # fmt: skip
    """All prices, or those of the models you use. US dollars per million tokens.

    Example: whyburn prices list --used-only
    """
    refuse_if(used_only and missing_only, "--used-only and --missing-only exclude each other")
    of_ledger = used_only or missing_only
    refuse_if(refresh is not None and not of_ledger, "--refresh and --no-refresh need --used-only or --missing-only")
    refuse_if(as_json and rich, "--json and --rich exclude each other")
    refuse_if(as_json and aliases, "--json has the aliases anyway: leave out --aliases")
    refuse_if(aliases and missing_only, "models without a price have no aliases: leave out --aliases")
    filters = PriceFilters(
        cast("Table", table), provider, model, query, category, release_status, cast("Sort | None", sort), limit
    )
    if of_ledger:
        _list_used(
            ctx, filters, missing_only=missing_only, aliases=aliases, refresh=refresh, rich=rich, as_json=as_json
        )
        return
    from whyburn.api.prices.book import list_prices  # noqa: PLC0415

    with workspace(ctx, quiet=as_json) as found:
        listing = list_prices(found.settings, filters)
    if as_json:
        emit_json("prices", listing.as_dict())
        return
    from whyburn.views import prices as view  # noqa: PLC0415

    view.write_listing(listing, aliases=aliases, rich=rich)


def _list_used(
    ctx: click.Context, filters: PriceFilters, *, missing_only: bool, aliases: bool, refresh: bool | None, rich: bool,
    as_json: bool,
) -> None:  # fmt: skip
    from whyburn.api.prices.used import used_prices  # noqa: PLC0415

    with workspace(ctx, quiet=as_json) as found:
        used = used_prices(found, filters, missing_only=missing_only, policy=policy_of(refresh))
    if as_json:
        emit_json("prices_missing" if missing_only else "prices_used", used.as_dict())
        return
    from whyburn.views import prices as view  # noqa: PLC0415

    view.write_used(used, aliases=aliases, rich=rich)


@command.command("explain", short_help="Which price applies, and why.")
@click.argument("model")
@click.option("--provider", metavar="NAME", help="As the log names it; without it the one lab that lists the exact id.")
@click.option("--at", metavar="TIME", help="A date (its first instant in UTC) or an RFC 3339 time; default: now.")
@click.option("--prompt-tokens", type=AtLeast(0), metavar="N", help="The prompt's size: chooses the tier.")
@click.option("--speed", metavar="NAME", help="As the log names it, such as fast.")
@click.option("--service-tier", metavar="NAME", help="As the log names it, such as priority, flex or batch.")
@click.option("--geo", metavar="NAME", help="As the log names it, such as us.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def explain(
    ctx: click.Context, model: str, provider: str | None, at: str | None, prompt_tokens: int | None, speed: str | None,
    service_tier: str | None, geo: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Which price applies to a model, how it was found, and where it comes from.

    Example: whyburn prices explain claude-sonnet-4-5-20250929 --at 2025-12-20 --prompt-tokens 250000
    """
    from whyburn import clock  # noqa: PLC0415
    from whyburn.api.prices.book import explain_price  # noqa: PLC0415

    at_ms = None if at is None else clock.instant(at, zone=clock.Zone("UTC"), option="--at")
    with workspace(ctx, quiet=as_json) as found:
        answer = explain_price(
            found.settings, model, provider, at_ms=at_ms, prompt_tokens=prompt_tokens, speed=speed,
            service_tier=service_tier, geo=geo,
        )  # fmt: skip
    if as_json:
        emit_json("price_explanation", answer.as_dict())
        return
    from whyburn.views import prices as view  # noqa: PLC0415

    view.write_explanation(answer)


@command.group("import", short_help="Price rows from elsewhere.", invoke_without_command=True)
@click.pass_context
def import_(ctx: click.Context) -> None:
    """Turn a price table from elsewhere into your own price rows. Nothing is downloaded.

    Example: whyburn prices import litellm model_prices_and_context_window.json
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@import_.command("litellm", short_help="From a saved LiteLLM price file.")
@click.argument("file")
@click.option("--output", metavar="PATH", help="Write here instead of prices/litellm.toml; - prints the rows.")
@click.option("--merge", is_flag=True, help="Keep the other rows of a file that is there.")
@click.option("--replace", is_flag=True, help="Replace a file that is there.")
@click.option("--dry-run", is_flag=True, help="Say what would be written and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def litellm(
    ctx: click.Context, file: str, output: str | None, merge: bool, replace: bool, dry_run: bool, as_json: bool
) -> None:
    """Write the prices of a saved LiteLLM price file (model_prices_and_context_window.json) as price rows.

    The rows win over the built-in table, for all dates: LiteLLM lists the prices of today only.

    Example: whyburn prices import litellm prices.json --dry-run
    """
    from whyburn.api.prices.foreign import import_litellm  # noqa: PLC0415

    refuse_if(merge and replace, "--merge and --replace exclude each other")
    if output == "-":
        refuse_if(merge or replace or dry_run, "--output - writes no file: leave out --merge, --replace and --dry-run")
        refuse_if(as_json, "--output - prints the rows as TOML: leave out --json")
    existing: Existing = "merge" if merge else "replace" if replace else "refuse"
    found = import_litellm(paths_of(ctx), file, output=output, existing=existing, write=not dry_run)
    if as_json:
        emit_json("price_import", {"dry_run": dry_run, **found.as_dict()})
        return
    from whyburn.views import prices as view  # noqa: PLC0415

    view.write_import(found)
