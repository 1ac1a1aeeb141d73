"""Prices as people read them: US dollars per million tokens, everywhere in these screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whyburn.views import text
from whyburn.views.words import UNKNOWN, clean, count_of, cut, money, path, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.api.prices.book import Listing
    from whyburn.api.prices.foreign import ImportedPrices
    from whyburn.api.prices.used import Used, UsedRow
    from whyburn.prices.explain import Explanation

_INDENT = 10
_MANY = 40
"""More rows than fit a screen: then the last line says how to get fewer."""
_CLASSES = (
    ("input", "input"), ("output", "output"), ("cache_read", "cache read"), ("cache_write_5m", "write 5m"),
    ("cache_write_1h", "write 1h"), ("reasoning", "reasoning"),
)  # fmt: skip


# --- lists -----------------------------------------------------------------------------------------------------------


def write_listing(found: Listing, *, aliases: bool, rich: bool) -> None:
    """Print the rows of the tables."""
    text.show(listing_blocks(found, aliases=aliases), rich=rich)


def write_used(found: Used, *, aliases: bool, rich: bool) -> None:
    """Print the models in use with their prices."""
    text.show(used_blocks(found, aliases=aliases), rich=rich)


def listing_blocks(found: Listing, *, aliases: bool) -> list[str | text.Table]:
    """The table, and how many rows there are."""
    if not found.rows:
        return [f"no price row fits {_asked(found.filters.as_dict())}: whyburn prices list shows all"]
    table = text.Table(
        [
            text.name("table", least=0, drop=4), text.name("provider", least=0), text.name("model", least=24),
            text.name("mode", least=0), text.name("context", least=0), *_alias_column(aliases), *_amount_columns(),
            text.name("category", least=6, drop=6), text.name("release", least=6, drop=5),
            text.name("valid", least=0, drop=3),
        ]
    )  # fmt: skip
    for row in found.rows:
        table.add(
            row.table, row.provider, row.model, row.mode, _context(row.context_above, row.context_max),
            *([" ".join(row.aliases)] if aliases else []), *_amounts(row), row.category or "", row.release_status or "",
            _valid(row.valid_from, row.valid_until),
        )  # fmt: skip
    return [table, "", *_counted(len(found.rows), found.of)]


def used_blocks(found: Used, *, aliases: bool) -> list[str | text.Table]:
    """The table, with calls and tokens beside each price."""
    if not found.rows:
        return [_nothing_used(found)]
    table = text.Table(
        [
            text.name("provider", least=0, drop=2), text.name("model", least=24), text.number("calls"),
            text.number("tokens"), text.number("cost"), text.name("price row", least=16, drop=1),
            text.name("table", least=0, drop=5),
            text.name("found by", least=0, drop=4), text.name("with", least=6), text.name("context", least=0),
            *_alias_column(aliases), *_amount_columns(), text.name("category", least=6, drop=10),
            text.name("release", least=6, drop=9), text.name("valid", least=0, drop=3),
            text.name("source", least=16, drop=6),
        ]
    )  # fmt: skip
    for row in found.rows:
        table.add(*_used_cells(row, aliases=aliases))
    lines: list[str | text.Table] = [table, ""]
    without = [row for row in found.rows if row.price is None]
    lines += _counted(len(found.rows), found.of)
    if without:
        example = without[0]
        command = f"whyburn prices explain {clean(example.model)} --provider {clean(example.provider)}"
        lines.append(f"not in any cost: {command}")
    return lines


def _used_cells(row: UsedRow, *, aliases: bool) -> Iterable[str]:
    price = row.price
    yield from (row.provider, row.model, f"{row.calls:,}", tokens(row.tokens), money(row.cost_pico))
    if price is None:
        yield from ("no price", row.table, *[""] * (14 if aliases else 13))
        return
    yield price.matched_id if price.matched_provider == row.provider else f"{price.matched_provider}/{price.matched_id}"
    yield from (row.table, price.match_step, price.modifiers, _context(price.context_above, price.context_max))
    if aliases:
        yield " ".join(price.aliases)
    yield from _amounts(price)
    yield from (price.category or "", price.release_status or "", _valid(price.valid_from, price.valid_until))
    yield path(price.source)


def _nothing_used(found: Used) -> str:
    asked = _asked(found.filters.as_dict(), empty="")
    if asked:
        return f"no model in use fits {asked}"
    return "every model in use has a price" if found.missing_only else "no calls in the ledger yet: whyburn refresh"


def _alias_column(aliases: bool) -> list[text.Column]:
    return [text.name("aliases", least=10)] if aliases else []


def _amount_columns() -> list[text.Column]:
    return [
        text.number("input"), text.number("cached", drop=7), text.number("cache write", drop=7),
        text.number("1h write", drop=8), text.number("output"), text.number("reasoning", drop=11),
    ]  # fmt: skip


def _amounts(row: Any) -> tuple[str, ...]:
    """The amounts of a row; what has no price of its own says which other price it is billed at."""
    hour = row.cache_write_1h or ("=cache write" if row.cache_write else "=input")
    return (
        row.input, row.cached_input or "=input", row.cache_write or "=input",
        "" if row.cache_write_1h is None and row.cache_write is None else hour, row.output, row.reasoning or "=output",
    )  # fmt: skip


def _context(above: int | None, up_to: int | None) -> str:
    if above is None or above < 0:
        return f"≤{up_to:,}" if up_to is not None else ""
    return f"{above + 1:,}–{up_to:,}" if up_to is not None else f">{above:,}"


def _valid(since: str | None, until: str | None) -> str:
    if since is None and until is None:
        return ""
    return f"{_date(since)} –{f' {_date(until)}' if until else ''}"


def _date(stamp: str | None) -> str:
    """The day of an instant; its time too where it is not midnight UTC would be noise in a table."""
    return stamp[:10] if stamp else "…"


def _counted(shown: int, of: int) -> list[str]:
    unit = "US dollars per million tokens"
    rows = count_of(of, "row") if shown == of else f"{shown:,} of {count_of(of, 'row')}"
    hint = "; fewer with --provider, --model, --query or --used-only" if shown > _MANY else ""
    return [f"{rows}, {unit}{hint}"]


def _asked(filters: dict[str, Any], empty: str = "this") -> str:
    narrowing = {name: value for name, value in filters.items() if name not in {"sort", "limit"}}
    words = [f"--{name.replace('_', '-')} {clean(value)}" for name, value in narrowing.items()]
    return " ".join(words) or empty


# --- one price -------------------------------------------------------------------------------------------------------


def write_explanation(answer: Explanation) -> None:
    """Print an answer in six lines (three where there is no price)."""
    text.write(explanation_lines(answer, text.screen()))


def explanation_lines(answer: Explanation, on: text.Screen) -> list[str]:
    """What was asked; what was found and how; its prices; its tiers; its dates; its source."""
    asked = f"{clean(answer.model)} · {clean(answer.provider or 'provider not given')} · at {_moment(answer.at)}"
    lines = [on.paint(asked, "bold")]
    if answer.rate is None:
        lines += text.prose(f"{'unpriced':<{_INDENT}}{clean(answer.reason or '')}", on, indent=" " * _INDENT)
        if answer.near:
            near = ", ".join(map(clean, answer.near))
            lines.append(f"{'near':<{_INDENT}}{near} (names only: no price is taken from them)")
        return lines
    lines += text.flow(answer.status, _found(answer), on, gap=" · ", indent=_INDENT)
    fees = [f"web search ${fee} per 1,000" for fee in answer.fees.values()]
    lines += text.flow("rate", [*_prices(answer.rate), *fees], on, gap=" · ", indent=_INDENT)
    lines += text.flow("tier", _tiers(answer), on, gap=" · ", indent=_INDENT)
    lines += text.flow("valid", _dates(answer), on, gap=" · ", indent=_INDENT)
    lines += text.flow("source", _source(answer), on, gap=" · ", indent=_INDENT)
    return lines


def _found(answer: Explanation) -> list[str]:
    parts = [f"{clean(answer.matched_provider)}/{clean(answer.matched_id)}", f"found by {answer.match_step}"]
    if answer.removed:
        parts.append(f"without {' '.join(map(clean, answer.removed))}")
    if answer.inferred_provider:
        parts.append("provider inferred: nobody else lists this id")
    if answer.basis == "list":
        parts.append("the lab's list price")
    return parts


def _prices(rate: dict[str, str | None]) -> list[str]:
    priced = [f"{word} ${rate[name]}" for name, word in _CLASSES if rate.get(name) is not None]
    return [*priced[:-1], f"{priced[-1]} per million"]


def _tiers(answer: Explanation) -> list[str]:
    if answer.threshold is None:
        parts = ["one for all prompt sizes"]
    elif answer.tier_applied:
        parts = [f"the one for prompts above {answer.threshold:,} tokens"]
    else:
        parts = [f"base, for prompts up to {answer.threshold:,} tokens"]
        for tier in answer.tiers or ():
            if tier["above"]:
                rate = tier["rate"]
                parts.append(f"above {tier['above']:,}: input ${rate['input']}, output ${rate['output']}")
    return [*parts, *(f"with {clean(factor)}" for factor in answer.factors)]


def _dates(answer: Explanation) -> list[str]:
    known = f" ({answer.valid_basis})" if answer.table == "snapshot" else ""
    parts = [f"{_valid(answer.valid_from, answer.valid_until) or 'always'}{known}"]
    for name, row in (("before", answer.before), ("after", answer.after)):
        if row is not None and (row["valid_from"] or row["valid_until"]):
            when = _valid(row["valid_from"], row["valid_until"])
            parts.append(f"{name}: {when}, ${row['input']} in, ${row['output']} out")
    return parts


def _source(answer: Explanation) -> list[str]:
    parts = [path(answer.source or UNKNOWN)]
    if answer.table != "snapshot":
        parts.append("your own row")
    if answer.single_source:
        parts.append("one source only")
    return parts


def _moment(stamp: str) -> str:
    return f"{stamp[:10]} {stamp[11:16]} UTC"


# --- imports ---------------------------------------------------------------------------------------------------------


def write_import(found: ImportedPrices) -> None:
    """Print what an import made; for `--output -` the rows themselves."""
    if found.output is None:
        text.write([found.text.rstrip("\n")])
        return
    text.write(_import_lines(found, text.screen()))


def _import_lines(found: ImportedPrices, on: text.Screen) -> list[str]:
    models, providers = count_of(found.models, "model"), count_of(found.providers, "provider")
    what = f"{count_of(len(found.rows), 'row')} for {models} of {providers}"
    where = f"{'written to' if found.wrote else 'would be written to'} {path(found.output or '')}"
    kept = f"; {count_of(found.kept, 'other row')} kept" if found.kept else ""
    lines = text.prose(f"{what} {where}{kept}", on)
    if found.problems:
        reasons = ", ".join(f"{number:,} {clean(cut(reason, 60))}" for reason, number in found.reasons[:3])
        skipped = count_of(len(found.problems), "entry", "entries")
        lines += text.prose(f"{skipped} gave no row: {reasons} (--json lists them)", on)
    lines += [on.paint(clean(note), "yellow") for note in found.notes]
    if found.wrote and not found.notes:
        lines += text.prose("these rows win over the built-in table, for all dates; delete the file to go back", on)
    return lines
