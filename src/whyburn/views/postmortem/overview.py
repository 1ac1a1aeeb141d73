"""An overview of many sessions on a terminal: the sum, the dear ones with their causes, what they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem.diagnosis.drivers import BILLING
from whyburn.views import text
from whyburn.views.postmortem.digest_lines import headline_of
from whyburn.views.postmortem.facts import tidy
from whyburn.views.usage_parts import moment
from whyburn.views.usage_sessions import short_ids
from whyburn.views.words import UNKNOWN, clean, count_of, cut, money, percent, tokens, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from whyburn.api.postmortem.digests import Counts
    from whyburn.api.postmortem.overview import Analysed, Overview
    from whyburn.postmortem.redact import Redactor

_MOST = 6
_LEAST_CAUSE = 24
"""Columns that a cause needs to say something."""


def blocks(found: Overview, on: text.Screen, zone: tzinfo, redact: Redactor) -> list[text.Block]:
    """The whole screen."""
    name = f"{found.harness} overview" if found.harness else "overview"
    if not found.rows:
        return [f"{name}: no sessions", *_unreadable(found, on),
                *text.flow("try:", ["whyburn doctor", "whyburn refresh"], on, gap=" · ", indent=5)]  # fmt: skip
    ids = short_ids([row.subject.id for row in found.shown])
    more = [f"whyburn why {ids[0]}", f"whyburn report {ids[0]} --open"]
    parts = [
        ("what could have been avoided", _findings(found)), ("drivers", _drivers(found, billing=False)),
        ("billing signals (no causes)", _drivers(found, billing=True)), ("where the money went", _kinds(found)),
        ("do first", _actions(found, on, redact)),
    ]  # fmt: skip
    return [
        *_head(name, found, on), "", *_sessions(found.shown, ids, on, zone, redact),
        *(block for title, body in parts for block in _section(title, body, on)), *_unreadable(found, on), "",
        *cache_lines(found.cache, found.elapsed_ms, on), *text.flow("see:", more, on, gap=" · ", indent=5),
    ]  # fmt: skip


def _section(title: str, body: Sequence[text.Block], on: text.Screen) -> list[text.Block]:
    return ["", on.paint(title, "bold"), *body] if body else []


def _head(name: str, found: Overview, on: text.Screen) -> list[str]:
    avoidable = found.joint
    analysed = f"{count_of(len(found.rows), 'session')}" + (f" of {found.of:,}" if found.of > len(found.rows) else "")
    parts = [on.paint(name, "bold"), analysed, on.paint(_cost(found), "bold")]
    parts += [f"{tokens(sum(row.digest['tokens'] for row in found.rows))} tokens"]
    parts += [f"about {money(avoidable)} ({percent(avoidable, found.cost)}) avoidable"] if avoidable else []
    parts += [f"{len(found.shown)} shown"] if len(found.shown) < len(found.rows) else []
    return text.flow("", parts, on, gap=" · ", indent=0)


def _cost(found: Overview) -> str:
    """The sum; "≥" when a session has no price."""
    priced = [row for row in found.rows if row.digest["cost_pico"] is not None]
    if not priced:
        return "no prices"
    return money(found.cost) if len(priced) == len(found.rows) else f"≥{money(found.cost).removeprefix('<')}"


def _sessions(
    rows: Sequence[Analysed], ids: Sequence[str], on: text.Screen, zone: tzinfo, redact: Redactor
) -> list[text.Block]:
    """Two lines each: what it cost, which it was; why, and what of it could have been avoided."""
    amounts = [money(row.digest["cost_pico"]) for row in rows]
    wide = max(map(width_of, amounts))
    found: list[text.Block] = []
    for row, short, amount in zip(rows, ids, amounts, strict=True):
        head = f"{on.paint(f'{amount:>{wide}}', 'bold')}  {short}  "
        found.append(head + cut(_about(row, zone, redact), on.width - wide - width_of(short) - 4))
        found.append(" " * (wide + 2) + _cause(row, on.width - wide - 2, redact))
    return found


def _about(row: Analysed, zone: tzinfo, redact: Redactor) -> str:
    subject = row.subject
    at = UNKNOWN if subject.last_ms is None else moment(subject.last_ms, zone)
    folder = redact.text("/".join((subject.project or "").replace("\\", "/").rstrip("/").split("/")[-2:]))
    title = redact.text(clean(subject.title or ""))
    parts = [at, clean(subject.harness), f"{tokens(row.digest['tokens'])} tokens", clean(folder), title]
    return "  ".join(filter(None, parts))


def _cause(row: Analysed, room: int, redact: Redactor) -> str:
    digest = row.digest
    doubt = "" if digest["confidence"] in {"high", "medium-high"} else f", {digest['confidence']} confidence"
    amount = digest["avoidable_pico"]
    saved = f" (in all about {money(amount)} avoidable{doubt})" if amount else ""
    if room - width_of(saved) < _LEAST_CAUSE:
        saved = f" ({money(amount)} avoidable)" if amount else ""
    return cut(cut(headline_of(digest, redact), max(room - width_of(saved), _LEAST_CAUSE)) + saved, room)


def _findings(found: Overview) -> list[text.Block]:
    rows = [row for row in found.avoidable() if row[1]][:_MOST]
    table = text.Table([text.name("finding"), text.number("avoidable"), text.number("sessions")])
    for name, cost, sessions in rows:
        table.add(name, money(cost), f"{sessions:,}", weight=cost)
    return [table] if rows else []


def _drivers(found: Overview, *, billing: bool) -> list[text.Block]:
    costs = dict(found.sums("drivers", 2))
    rows = [row for row in found.sums("drivers") if (row[0] in BILLING) == billing]
    rows = sorted(rows, key=lambda row: (-costs.get(row[0], 0), -row[1]))[:_MOST]
    table = text.Table(
        [text.name("signal" if billing else "driver (they overlap)"), text.number("tokens"), text.number("cost")]
    )
    for name, amount in rows:
        table.add(name, tokens(amount), money(costs.get(name) or None))
    return [table] if rows else []


def _kinds(found: Overview) -> list[text.Block]:
    rows = [row for row in found.sums("kinds") if row[1]][:_MOST]
    table = text.Table([text.name("what"), text.number("cost"), text.number("share")])
    for kind, cost in rows:
        table.add(kind.replace("-", " "), money(cost), percent(cost, found.cost), weight=cost)
    return [table] if rows else []


def _actions(found: Overview, on: text.Screen, redact: Redactor) -> list[text.Block]:
    lines: list[text.Block] = []
    for line in found.recommendations()[:3]:
        lines += text.prose(f"- {tidy(redact.text(line))}", on, indent="  ")
    return lines


def _unreadable(found: Overview, on: text.Screen) -> list[str]:
    if not found.unreadable:
        return []
    said = f"{count_of(len(found.unreadable), 'session')} could not be analysed, first {clean(found.unreadable[0])}"
    return ["", *text.prose(said, on, style="yellow")]


def cache_lines(counts: Counts, elapsed_ms: int, on: text.Screen) -> list[str]:
    """What the cache of finished postmortems did, and how long it all took."""
    told = (("hits", counts.hit), ("missed", counts.miss), ("stale", counts.stale), ("not cached", counts.disabled),
            ("could not be written", counts.write_failed))  # fmt: skip
    parts = [f"{number} {name}" for name, number in told if number or name == "hits"]
    seconds = f"{elapsed_ms // 1000}.{elapsed_ms % 1000 // 100} s" if elapsed_ms >= 1000 else f"{elapsed_ms} ms"
    return text.flow("cache:", [", ".join(parts), seconds], on, gap=" · ", indent=7)
