"""`whyburn why`: the diagnosis in at most ten lines.

The bill, its three largest causes with dollars and share, what could have been avoided together, the one thing to do
next, where to read on. Where nothing avoidable stands out, the largest parts of the bill stand in the place of causes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.postmortem import facts
from whyburn.views.words import clean, cut, money, shorten, tokens, width_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from whyburn.api.postmortem.answers import Answer
    from whyburn.views.postmortem.facts import Data

MOST_LINES = 10
_CAUSES = 3
_PLACE = 10


def lines(answer: Answer, on: text.Screen, zone: tzinfo) -> list[str]:
    """The whole screen."""
    top = head(answer, on, zone)
    tail = [_line("see:", _next(answer, on.width - 9), on)]
    room = MOST_LINES - len(top) - len(tail)
    return [*top, *_advice(answer.data, on, room), *tail]


def head(answer: Answer, on: text.Screen, zone: tzinfo) -> list[str]:
    """The bill, the causes, and what could have been avoided together."""
    data = answer.data
    return [_bill(answer, on, zone), *_gaps(data, on), "", *_causes(data, on), "", _joint(data, on)]


def _gaps(data: Data, on: text.Screen) -> list[str]:
    """One line about what the bill or its explanation lacks."""
    unpriced = facts.unpriced_text(data)
    said = [f"missing: {one}" for one in data["session"]["missing"]]
    said += [f"unpriced: {unpriced} (not in the bill)"] if unpriced else []
    return [on.paint(cut(clean(" · ".join(said)), on.width), "yellow")] if said else []


def _bill(answer: Answer, on: text.Screen, zone: tzinfo) -> str:
    """One line: where it is too long the project gives way, then the hours."""
    data = answer.data
    bill, quality = facts.bill_text(data), f"quality {data['quality']['level']}"
    room = on.width - width_of(bill) - width_of(quality) - 5
    first = [facts.models_text(data), facts.calls_text(data)]
    period, place = facts.period_text(data, zone), clean(answer.place)
    folder = place.rsplit("/", 1)[-1]
    wishes = [(place, period), (folder, period), (shorten(folder, _PLACE), period), (folder, period[:10]),
              (shorten(folder, _PLACE), period[:10]), ("", period[:10]), ("", "")]  # fmt: skip
    told = [" · ".join([*first, *filter(None, wish)]) for wish in wishes]
    fitting = next((one for one in told if width_of(one) <= room), cut(told[-1], max(room, 1)))
    return f"{on.paint(bill, 'bold')}  {fitting}   {on.paint(quality, 'dim')}"


def _causes(data: Data, on: text.Screen) -> list[str]:
    rows = [(one["incremental_saving_pico_usd"], one) for one in facts.saving_findings(data)[:_CAUSES]]
    amounts = [(money(cost), facts.share_text(cost, data)) for cost, _ in rows]
    parts = _parts(data)[: max(_CAUSES - len(rows), 0) if not rows else min(1, _CAUSES - len(rows))]
    amounts += [(amount, share) for amount, share, _ in parts]
    if not amounts:
        return ["  nothing was billed"]
    wide, narrow = max(len(amount) for amount, _ in amounts), max(len(share) for _, share in amounts)
    room = on.width - wide - narrow - 6
    said = [_title(one, room) for _, one in rows] + [cut(name, room) for _, _, name in parts]
    return [
        f"  {on.paint(f'{amount:>{wide}}', 'bold')}  {share:>{narrow}}  {line}".rstrip()
        for (amount, share), line in zip(amounts, said, strict=True)
    ]


def _title(finding: Data, room: int) -> str:
    doubt = " (not sure)" if finding["confidence"] == "low" else ""
    return facts.finding_title(finding, max(room - len(doubt), 8)) + doubt


def _parts(data: Data) -> list[tuple[str, str, str]]:
    """(amount, share, name) of the largest parts of the bill, avoidable or not; tokens where nothing has a price."""
    rows = data["attribution"]["by_family"]
    if facts.is_priced(data):
        return [(money(row["cost_pico_usd"]), facts.share_text(row["cost_pico_usd"], data), f"of it: {row['family']}")
                for row in rows if row["cost_pico_usd"]]  # fmt: skip
    by_size = sorted(rows, key=lambda row: -row["tokens"])
    return [(tokens(row["tokens"]), "", row["family"]) for row in by_size if row["tokens"]]


def _joint(data: Data, on: text.Screen) -> str:
    amount = data["avoidable"]["cost_pico_usd"]
    if not facts.is_priced(data):
        return cut("its models have no known price: whyburn prices list --missing-only", on.width)
    if not amount:
        return cut("nothing avoidable stands out", on.width)
    head = "avoidable together about "
    sure = data["avoidable"]["sure_pico_usd"]
    part = "" if sure == amount else f", of it {money(sure)} sure" if sure else ", none of it sure"
    room = on.width - len(head) - len(money(amount))
    said = f" ({facts.share_text(amount, data)}){part}"
    for more in (", overlaps removed", ", same work otherwise"):
        if width_of(said + more) > room:
            break
        said += more
    return head + on.paint(money(amount), "bold") + cut(said, room)


def _advice(data: Data, on: text.Screen, room: int) -> list[str]:
    """What would have saved most, in at most `room` lines; the saving is never cut off."""
    findings = facts.saving_findings(data)
    if not findings:
        return []
    best = next((one for one in findings if one["confidence"] != "low"), findings[0])
    saves = f"  → saves {money(best['incremental_saving_pico_usd'])}"
    fix = facts.tidy(best["fix"] or best["title"])
    space = (on.width - 9) * max(1, min(room, 2)) - width_of(saves) - 12 * (room > 1)
    return text.prose(f"do next: {cut(fix, max(space, 20))}{saves}", on, indent="         ")[: max(room, 1)]


def _next(answer: Answer, room: int) -> str:
    """What to type next: both commands, or the one that fits."""
    both = f"whyburn explain {answer.name} · whyburn report {answer.name} --open"
    return both if width_of(both) <= room else f"whyburn explain {answer.name}"


def _line(label: str, said: str, on: text.Screen, *, style: str = "") -> str:
    return on.paint(cut(f"{label:<8} {said}", on.width), style)
