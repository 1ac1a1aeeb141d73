"""Accounting of trace files and telemetry exports: read, price, sum, explain. Needs no ledger."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Literal

from whyburn import clock
from whyburn.api.costing import load_book
from whyburn.errors import SourceError
from whyburn.postmortem.traces import jsonl, otel
from whyburn.postmortem.traces.costs import Costing, Row
from whyburn.postmortem.traces.model import Trace, redacted
from whyburn.postmortem.traces.result import Analysis, analyse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whyburn.prices.book import Book
    from whyburn.prices.overrides import PriceConfig
    from whyburn.settings.schema import Settings

__all__ = ["Analysis", "analyze_trace", "import_otel"]


def _as_it_is(text: str) -> str:
    return text


def analyze_trace(
    path: str, *, budget_pico: int | None = None, lenient: bool = False, prices: PriceConfig | None = None,
    settings: Settings | None = None, redact: Callable[[str], str] = _as_it_is,
) -> Analysis:  # fmt: skip
    """Account for a trace of JSON lines (`-` is standard input).

    `prices` win over costs that the trace records; without them, records without a cost are priced from the book of
    the settings. Every text of the trace passes through `redact` before anything else sees it. A bad line is a
    `SourceError` with its place, unless `lenient` counts and skips it.
    """
    trace = jsonl.read(_bytes(path).splitlines(), path, lenient=lenient)
    return _analysed(trace, budget_pico, prices, settings, redact, source=None)


def import_otel(
    path: str, *, budget_pico: int | None = None, lenient: bool = False, prices: PriceConfig | None = None,
    settings: Settings | None = None, redact: Callable[[str], str] = _as_it_is,
) -> Analysis:  # fmt: skip
    """Account for a telemetry export of Claude Code, as JSON document or JSON lines; see `analyze_trace`."""
    trace = otel.read(_bytes(path), path, lenient=lenient)
    return _analysed(trace, budget_pico, prices, settings, redact, source="claude")


def _bytes(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        with open(os.path.expanduser(path), "rb") as file:
            return file.read()
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror})") from None


def _analysed(
    trace: Trace, budget_pico: int | None, prices: PriceConfig | None, settings: Settings | None,
    redact: Callable[[str], str], *, source: Literal["claude"] | None,
) -> Analysis:  # fmt: skip
    costing = Costing(prices, lambda: _book(settings), source=source, now_ms=clock.now_ms())
    costs = [costing.cost(one) for one in trace.records]
    shown = redacted(trace, redact)
    rows = [Row(event, cost) for event, cost in zip(shown.records, costs, strict=True)]
    return analyse(shown, rows, costing, budget_pico=budget_pico, prices=_origin(rows, prices))


def _book(settings: Settings | None) -> Book:
    if settings is not None:
        return load_book(settings)
    from whyburn.prices.book import Book  # noqa: PLC0415  loads price data

    return Book.load()


def _origin(rows: Sequence[Row], prices: PriceConfig | None) -> str:
    """Where the costs come from, in words."""
    bases = {row.cost.basis for row in rows}
    if prices is not None and prices.off:
        return f"pricing is off ({prices.origin})" + (", costs as recorded" if "recorded" in bases else "")
    parts = []
    if "given" in bases and prices is not None:
        parts.append(f"prices from {prices.origin}")
    if "recorded" in bases:
        parts.append("costs as recorded")
    if "list" in bases:
        parts.append(_of_book(rows))
    if prices is not None and "given" not in bases:
        parts.append(f"{prices.origin} has no price for what is in it")
    return ", ".join(parts) or "no cost is recorded and no price applies"


def _of_book(rows: Sequence[Row]) -> str:
    from whyburn.prices.fingerprint import snapshot_id  # noqa: PLC0415

    own = any(row.cost.rate is not None and row.cost.rate.table == "user" for row in rows if row.cost.basis == "list")
    return f"{'your price files and ' if own else ''}the price book of {snapshot_id().partition('+')[0]}"
