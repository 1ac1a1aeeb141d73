"""How every view answers: read the logs as wanted, ask the api, print what it says in the wanted form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from whyburn.cli import options
from whyburn.cli.context import emit_json, workspace
from whyburn.errors import LedgerError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

    from whyburn.api.usage import Asked
    from whyburn.api.workspace import Policy, Workspace
    from whyburn.cli.options import Given
    from whyburn.ledger.ingest import Outcome
    from whyburn.views.text import Screen, Table

    Blocks = list[str | Table]


class View(NamedTuple):
    """One command: its help line, its callback, its parameters, an example (after `whyburn usage`)."""

    help: str
    run: Callable[..., None]
    params: Callable[[], list[click.Parameter]]
    example: str


def common() -> list[click.Parameter]:
    """The options of all views: which calls, whose days, how it is printed."""
    return [*options.filters(), *options.zones(), *options.output()]


def answer(
    ctx: click.Context, given: Given, kind: str, ask: Callable[[Workspace, Policy | None], tuple[Asked, Any]],
    draw: Callable[[Asked, Any, Screen], Blocks], *, keys: tuple[str, ...] | None = None,
) -> None:  # fmt: skip
    """Refresh as wanted, ask, print."""
    options.check_output(given)
    with workspace(ctx, quiet=given["as_json"]) as found:
        outcomes, policy = _refreshed(found, given)
        asked, report = ask(found, policy)
        nothing = not report.totals.calls and not report.totals.tokens
        if given["as_json"]:
            body = report.as_dict()
            body = body if keys is None else {key: body[key] for key in keys}
            _emit(kind, {"filters": asked.as_dict(), **body}, outcomes)
            return
        on = _screen()
        blocks = _nothing(found, ctx, asked, on) if nothing else draw(asked, report, on)
    if outcomes is not None:
        from whyburn.views.refresh import blocks as refresh_blocks  # noqa: PLC0415

        blocks = [*refresh_blocks(outcomes, on, dry_run=False), "", *blocks]
    _print(blocks, on, rich=given["rich"])


def _refreshed(found: Workspace, given: Given) -> tuple[list[Outcome] | None, Policy | None]:
    """What was read (None unless details are wanted), and whether the report is still to refresh."""
    if not given["refresh_details"]:
        return None, options.policy_of(given["refresh"])
    try:
        return found.refresh(), "never"
    except SchemaError:
        raise
    except LedgerError as error:
        found.notes.append(f"{error}; what follows is what was stored before")
        return [], "never"


def _emit(kind: str, report: dict[str, Any], outcomes: list[Outcome] | None) -> None:
    if outcomes is None:
        emit_json(kind, report)
        return
    from whyburn.cli.refresh import as_row  # noqa: PLC0415

    emit_json(kind, {"refresh": [as_row(one) for one in outcomes], "report": report})


def _nothing(found: Workspace, ctx: click.Context, asked: Asked, on: Screen) -> Blocks:
    from whyburn.api.usage import ledger_contents  # noqa: PLC0415
    from whyburn.views.usage_parts import empty, title  # noqa: PLC0415

    said = empty(asked, ledger_contents(found), [(one.name, roots) for one, roots in found.places()], on)
    return [*title(f"usage {ctx.info_name}", asked, on), "", *said]


def _screen() -> Screen:
    from whyburn.views.text import screen  # noqa: PLC0415

    return screen()


def _print(blocks: Blocks, on: Screen, *, rich: bool) -> None:
    from whyburn.views.text import show  # noqa: PLC0415

    show(blocks, on, rich=rich)
