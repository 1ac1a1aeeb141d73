"""What could have been done about a pause: nothing, a longer lifetime of the cache, a compaction, a fresh start.

Each choice is billed with the calls that really followed: the same requests, with less in their prompts or with other
prices for what was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from whyburn.postmortem.anatomy import Tile
from whyburn.postmortem.charges import charge
from whyburn.postmortem.events import FIVE_MINUTES, HOUR
from whyburn.postmortem.findings.measures import fixed_tokens, lasting
from whyburn.postmortem.money import dollars

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy, CacheEvent, Call

Choice = Literal["nothing", "hour", "compact", "fresh"]


class PauseOption(NamedTuple):
    """One choice before a pause."""

    choice: Choice
    saving: int
    """Pico-dollars against what happened; negative where it would have cost more."""


class Longer(NamedTuple):
    """A chain whose five-minute writes had been one-hour writes."""

    saving: int
    """Premiums avoided, less what the longer lifetime adds to all other writes."""
    events: tuple[CacheEvent, ...]
    """Whose premiums would have been avoided."""


def pause_options(anatomy: Anatomy, event: CacheEvent, *, summary: int = 2_000) -> tuple[PauseOption, ...]:
    """The choices there were before the pause of an expired cache, doing nothing first.

    `summary` is the size that a summary of the conversation would have, in tokens.
    """
    call = anatomy.calls[event.call]
    options = [PauseOption("nothing", 0)]
    longer = one_hour(anatomy, call.chain)
    if event in longer.events:
        options.append(PauseOption("hour", longer.saving))
    options += _with_less(anatomy, call, summary)
    return tuple(options)


def one_hour(anatomy: Anatomy, chain: int) -> Longer:
    """What a one-hour cache would have saved in a chain that wrote for five minutes."""
    events = tuple(
        event for event in anatomy.events
        if event.cause == "expired" and event.lifetime_ms == FIVE_MINUTES and event.premium
        and event.gap_ms is not None and event.gap_ms < HOUR and anatomy.calls[event.call].chain == chain
    )  # fmt: skip
    again = {event.call: event.rewritten for event in events}
    extra, dearer = 0, False
    for index in anatomy.chains[chain].calls if events else ():
        call = anatomy.calls[index]
        if call.prices is not None:
            more = call.prices.write_1h - call.prices.write_5m
            dearer = dearer or more > 0
            extra += max(call.w5 - again.get(index, 0), 0) * more
    if not dearer:
        return Longer(0, ())
    return Longer(sum(event.premium or 0 for event in events) - extra, events)


def _with_less(anatomy: Anatomy, call: Call, summary: int) -> list[PauseOption]:
    """The same calls from here to the end of the segment, with the conversation replaced by a summary or by nothing."""
    before = anatomy.calls[call.index - 1]
    if before.segment != call.segment or before.prices is None:
        return []
    fixed = fixed_tokens(anatomy, call.segment)
    talk = _end_of_talk(anatomy, call) - fixed
    options = []
    if talk > summary:
        price = before.prompt * before.prices.read + summary * before.prices.output
        options.append(PauseOption("compact", _without(anatomy, call, fixed, talk - summary) - price))
    if talk > 0:
        options.append(PauseOption("fresh", _without(anatomy, call, fixed, talk)))
    return options


def _end_of_talk(anatomy: Anatomy, call: Call) -> int:
    """Where what was new after the pause begins in the prompt of the call."""
    new = set(call.entered)
    starts = (anatomy.tiles[index].start for index in anatomy.segments[call.segment].tiles
              if anatomy.tiles[index].piece in new and anatomy.tiles[index].enter == call.index)  # fmt: skip
    return min(starts, default=call.prompt)


def _without(anatomy: Anatomy, call: Call, start: int, tokens: int) -> int:
    """What so many positions cost in a call and in all later ones of its segment."""
    tile = Tile(-1, call.segment, start, tokens, call.index, "A")
    calls = anatomy.segments[call.segment].calls
    later = calls[call.place - anatomy.calls[calls[0]].place :]
    return sum(sum(charge(anatomy, tile, anatomy.calls[index])) for index in later)


_ADVICE: dict[Choice, str] = {
    "nothing": "Come back before the cache expires, or finish the task first",
    "hour": "Use the one-hour cache",
    "compact": "Compact before you leave",
    "fresh": "Begin a fresh session after a long pause",
}
_NAMES: dict[Choice, str] = {
    "nothing": "doing nothing", "hour": "a one-hour cache for the whole session", "compact": "compacting before it",
    "fresh": "starting fresh after it",
}  # fmt: skip


def advice(event: CacheEvent, options: tuple[PauseOption, ...]) -> str:
    """The best choice, and what each of them would have changed at this pause.

    A fresh start is advised only when nothing else helps and it saves half of what the pause cost: what it forgets has
    a price that no log tells.
    """
    least = (event.premium or 0) // 2
    worth = [option for option in options if option.choice != "fresh"]
    best = max(worth, key=lambda option: option.saving)
    if best.choice == "nothing":
        best = next((one for one in options if one.choice == "fresh" and one.saving >= least), best)
    pause = lasting(event.gap_ms) if event.gap_ms is not None else "unknown length"
    choices = ", ".join(_said(option, event) for option in options)
    return f"{_ADVICE[best.choice]}. At the pause of {pause}: {choices}"


def _said(option: PauseOption, event: CacheEvent) -> str:
    name = _NAMES[option.choice]
    if option.choice == "nothing":
        return f"{name} cost {dollars(event.premium or 0)}"
    if option.saving < 0:
        return f"{name} would have cost {dollars(-option.saving)} more"
    return f"{name} would have saved {dollars(option.saving)}"
