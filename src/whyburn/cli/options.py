"""Options that several commands share, as lists to compose, and what their values mean together.

A command lists exactly the options that act on it, so everything else is click's "No such option".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from whyburn.api.usage import When
from whyburn.cli.values import AtLeast, OneOf
from whyburn.usage.selection import Filters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.api.workspace import Policy
    from whyburn.usage.aggregate import Display

Given = dict[str, Any]
NAMED_PERIODS = ("today", "yesterday", "this-week", "last-week", "this-month", "last-month")
FILTER_NAMES = {
    "harness": "harness", "source_session": "session", "machine": "machine", "provider": "provider", "model": "model",
    "thinking": "effort", "agent": "agent", "project": "project",
}  # fmt: skip
"""Option to field of `Filters`."""


def filters() -> list[click.Parameter]:
    """Which calls."""
    several = {"multiple": True}
    return [
        click.Option(["--harness"], metavar="NAME", help="Only this harness (repeatable, as all filters).", **several),
        click.Option(["--source-session"], metavar="ID", help="Only this session: id, prefix or key.", **several),
        click.Option(["--machine"], metavar="NAME|ID", help="Only calls made on this machine.", **several),
        click.Option(["--provider"], metavar="NAME", help="Only this provider.", **several),
        click.Option(["--model"], metavar="NAME", help="Only this model.", **several),
        click.Option(["--thinking"], metavar="LEVEL", help="Only this thinking effort.", **several),
        click.Option(["--agent"], metavar="NAME", help="Only this agent: main, or a sub-agent's type.", **several),
        click.Option(["--project"], metavar="PATH|NAME", help="Only this project: folder or its name.", **several),
    ]  # fmt: skip


def zones() -> list[click.Parameter]:
    """Whose days."""
    return [
        click.Option(["--timezone"], metavar="ZONE", help="Days of this zone, such as Europe/Berlin (default: local)."),
        click.Option(["--utc"], is_flag=True, help="Days in UTC."),
    ]


def boundaries() -> list[click.Parameter]:
    """Since when and until when."""
    return [
        click.Option(["--period"], metavar="NAME", help="A named period: today, last-week, last-30d, this-year …"),
        click.Option(["--since"], metavar="TIME", help="From this date or ISO time on."),
        click.Option(["--until"], metavar="TIME", help="Up to this date or ISO time, which is not included."),
        click.Option(["--through"], metavar="DATE", help="Up to this day, which is included."),
        click.Option(["--last-days"], metavar="N", type=int, help="Today and the days before it, N in all."),
    ]


def named_periods() -> list[click.Parameter]:
    """--today and its kin, for lists."""
    return [click.Option([f"--{name}"], is_flag=True, help=f"Only {name.replace('-', ' ')}.") for name in NAMED_PERIODS]


def output() -> list[click.Parameter]:
    """How it is printed, and what is read before."""
    return [
        click.Option(["--json", "as_json"], is_flag=True, help="Print JSON."),
        click.Option(["--rich"], is_flag=True, help='Print rich tables (extra "rich").'),
        click.Option(
            ["--refresh/--no-refresh"], default=None, help="Read new log lines first (default: reports.refresh)."
        ),
        click.Option(["--refresh-details"], is_flag=True, help="Read new log lines first and show what was read."),
    ]


def display(sorts: Sequence[str]) -> list[click.Parameter]:
    """Which rows of a breakdown."""
    states = ("all", "priced", "unpriced")
    return [
        click.Option(
            ["--price-state"], type=OneOf(states), default="all", help="Only rows with, or without, a known price."
        ),
        click.Option(["--min-calls"], type=AtLeast(0), default=0, help="Only rows with so many calls."),
        click.Option(["--min-tokens"], type=AtLeast(0), default=0, help="Only rows with so many tokens."),
        click.Option(["--sort"], type=OneOf(sorts), metavar="KEY", help=f"Order of rows: {', '.join(sorts)}."),
        limit("rows"),
    ]


def limit(things: str) -> click.Option:
    """--limit N."""
    return click.Option(["--limit"], type=AtLeast(1), metavar="N", help=f"Only the first N {things}.")


def order(of: str) -> click.Option:
    """--order asc|desc."""
    return click.Option(
        ["--order"], type=OneOf(("asc", "desc")), default="desc", help=f"{of} (default: desc, newest first)."
    )


def breakdown() -> click.Option:
    """--breakdown."""
    return click.Option(["--breakdown"], is_flag=True, help="Show the models of each row.")


def filters_of(given: Given) -> Filters:
    """The filters that were given."""
    return Filters(**{field: tuple(given[option]) for option, field in FILTER_NAMES.items()})


def when_of(given: Given, *, period: str | None = None, week_start: str | None = None) -> When:
    """The window that was asked for; two ways of saying it exclude each other (exit 2)."""
    exclusive(given, "utc", "timezone")
    flags = [name for name in NAMED_PERIODS if given.get(name.replace("-", "_"))]
    bounds = [name for name in ("since", "until", "through") if given.get(name) is not None]
    said = [f"--{name}" for name in flags]
    said += [f"--{name.replace('_', '-')}" for name in ("period", "last_days") if given.get(name) is not None]
    if len(said) > 1 or (said and bounds):
        others = [f"--{name}" for name in bounds]
        raise click.UsageError(f"{' and '.join([*said, *others])} exclude each other: say once when")
    exclusive(given, "until", "through")
    return When(
        period=period or given.get("period") or (flags[0] if flags else None), since=given.get("since"),
        until=given.get("until"), through=given.get("through"), last_days=given.get("last_days"),
        timezone=given["timezone"], utc=given["utc"], week_start=week_start,
    )  # fmt: skip


def display_of(given: Given) -> Display:
    """Which rows of a breakdown are shown, and how."""
    from whyburn.usage.aggregate import Display  # noqa: PLC0415

    return Display(
        given["price_state"], given["min_calls"], given["min_tokens"], given["sort"], given["limit"],
        given.get("split_thinking", False),
    )  # fmt: skip


def policy_of(refresh: bool | None) -> Policy | None:
    """Whether to refresh first; None leaves it to the settings."""
    return None if refresh is None else "always" if refresh else "never"


def check_output(given: Given) -> None:
    """Refuse what would have no effect."""
    exclusive(given, "as_json", "rich")
    if given["refresh_details"] and given["refresh"] is False:
        raise click.UsageError("--refresh-details and --no-refresh exclude each other")


def exclusive(given: Given, one: str, other: str) -> None:
    """Refuse two options together (exit 2)."""
    if given.get(one) not in (None, False) and given.get(other) not in (None, False):
        words = {name: "--json" if name == "as_json" else f"--{name.replace('_', '-')}" for name in (one, other)}
        raise click.UsageError(f"{words[one]} and {words[other]} exclude each other")
