"""`analyze session` and `analyze cache` on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.postmortem import facts
from whyburn.views.postmortem.explain import section_blocks
from whyburn.views.postmortem.happened import EVENT_COLUMNS, event_cells
from whyburn.views.postmortem.parts import Entry, Grid, Section
from whyburn.views.postmortem.sections import sections, tokens_text
from whyburn.views.words import UNKNOWN, clean, count_of, money, percent, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from whyburn.api.postmortem.answers import Answer
    from whyburn.views.postmortem.facts import Data

_MOST_CALLS = 50
_DETAILED = ("what would have saved money", "files that burned context", "commands and their output",
             "tried again without anything new", "next run", "worth keeping")  # fmt: skip


def session_blocks(
    answer: Answer,
    body: Data,
    on: text.Screen,
    zone: tzinfo,
    *,
    listed: Sequence[Data] | None = None,
    every: bool = False,
) -> list[text.Block]:
    """The health of a session; `listed` are its tool calls, all or the bad ones."""
    data = answer.data
    head = [facts.bill_text(data), facts.models_text(data), facts.calls_text(data), facts.period_text(data, zone)]
    shown = [_usage(data, body), _cache(body["cache"]), _tools(body["tool_health"])]
    if "details" in body:
        shown += [one for one in sections(data) if one.title in _DETAILED]
    if listed is not None:
        shown.append(_listed(listed, every=every))
    name = f"{data['session']['harness']} session {answer.name}"
    more = [f"whyburn explain {answer.name}", f"whyburn analyze cache {answer.name}"]
    return [*text.flow("", [on.paint(clean(name), "bold"), *head], on, gap=" · ", indent=0), *_drawn(shown, on), "",
            *text.flow("see:", more, on, gap=" · ", indent=9)]  # fmt: skip


def cache_blocks(answer: Answer, body: Data, on: text.Screen, zone: tzinfo) -> list[text.Block]:
    """The cache of a session."""
    data = answer.data
    head = [facts.bill_text(data), facts.models_text(data), facts.calls_text(data), facts.period_text(data, zone)]
    shown = [_cache(body["cache"]), _how(body), _events(body["events"]), _options(body["options"]), *_calls(body)]
    return [*text.flow("", [on.paint(f"cache of {answer.name}", "bold"), *head], on, gap=" · ", indent=0),
            *_drawn(shown, on), "", *text.flow("see:", [f"whyburn explain {answer.name}"], on, indent=9)]  # fmt: skip


def _drawn(shown: Sequence[Section], on: text.Screen) -> list[text.Block]:
    return [block for one in shown if not one.empty for block in ["", *section_blocks(one, on)]]


def _usage(data: Data, body: Data) -> Section:
    cause, process, quality = body["likely_cause"], body["process"], body["quality"]
    whole = sum(one["tokens"] for one in process["phases"])
    phases = ", ".join(f"{one['name'].replace('_', ' ')} {percent(one['tokens'], whole)}" for one in process["phases"])
    retries = body["retries"]
    joint = body["avoidable"]["cost_pico_usd"]
    lines = [("tokens", tokens_text(data)), ("cause", f"{cause['label']} ({cause['confidence']} confidence)")]
    lines += [("avoid", f"about {money(joint)} ({facts.share_text(joint, data)})")] if joint else []
    lines += [("shape", f"{process['shape']}" + (f" ({phases})" if phases else ""))]
    lines += (
        [("retries", f"{count_of(retries['loops'], 'loop')} of {retries['attempts']} attempts")]
        if retries["loops"]
        else []
    )
    lines += [("quality", f"{quality['level']}: {quality['reason']}")]
    return Section("", [*lines, *(("missing", one) for one in data["session"]["missing"])])


def _cache(sums: Data) -> Section:
    if not sums["prompt_tokens"]:
        return Section("cache", [("", facts.NOT_RECORDED)])
    share = f"{sums['read_share']}% of {tokens(sums['prompt_tokens'])} prompt tokens were read from it"
    kinds = (("1h", "cache_write_1h"), ("5m", "cache_write_5m"), ("lifetime not told", "cache_write_other"))
    written = ", ".join(f"{name} {tokens(sums[key])}" for name, key in kinds if sums[key])
    lines = [("read", share), ("written", written or facts.NOT_RECORDED)]
    if not sums["events"]:
        return Section("cache", [*lines, ("lost", "never, as far as the counters tell")])
    extra = f"{tokens(sums['lost_tokens'])} tokens, {money(sums['premium_pico_usd'])} more than reading"
    lines.append(("lost", f"{count_of(sums['events'], 'time')}, {extra}"))
    rows = [((one["cause"], f"{one['events']:,}", tokens(one["lost_tokens"]), money(one["premium_pico_usd"])), None)
            for one in sums["by_cause"]]  # fmt: skip
    columns = [("cause", False, 0), ("times", True, 0), ("lost tokens", True, 0), ("premium", True, 0)]
    return Section("cache", lines, grid=Grid(columns, rows))


def _tools(health: Data) -> Section:
    if not health["calls"]:
        return Section("tools", [("", f"{facts.NOT_RECORDED}, or none were used")])
    said = (
        f"{count_of(health['calls'], 'call')}, {health['failed']:,} failed, {health['unanswered']:,} without an answer"
    )
    rows = [((one["category"], f"{one['calls']:,}", f"{one['failed']:,}" if one["failed"] else "·",
              percent(one["failed"], one["calls"]) if one["failed"] else "·"), one["calls"])
            for one in health["by_category"]]  # fmt: skip
    columns = [("kind", False, 0), ("calls", True, 0), ("failed", True, 0), ("share", True, 0)]
    return Section("tools", [("", said)], grid=Grid(columns, rows))


def _listed(calls: Sequence[Data], *, every: bool) -> Section:
    title = "all tool calls" if every else "tool calls that did not succeed"
    rows = [((one["category"], one["tool"], one["failure"] or "·", str(one["call"]), str(one["line"] or UNKNOWN)), None)
            for one in calls]  # fmt: skip
    columns = [("kind", False, 0), ("tool", False, 4), ("failure", False, 0), ("call", True, 0), ("line", True, 0)]
    return Section(title, [] if rows else [("", "none")], grid=Grid(columns, rows))


def _how(body: Data) -> Section:
    whole = body["billed"]["cost_pico_usd"]
    rows = [
        ((_HOW.get(one["kind"], one["kind"]), tokens(one["tokens"]) if one["tokens"] else "·",
          money(one["cost_pico_usd"]), percent(one["cost_pico_usd"], whole)), one["cost_pico_usd"])
        for one in body["by_how"]
    ]  # fmt: skip
    columns = [("what prompts cost", False, 0), ("tokens", True, 0), ("cost", True, 0), ("of the bill", True, 0)]
    return Section("", grid=Grid(columns, rows) if whole else None)


_HOW = {
    "entry": "new in the prompt", "reread": "read from the cache",
    "rewrite_base": "written again, at the price of reading", "rewrite_premium": "written again, beyond reading",
    "resend_base": "sent again, at the price of reading", "resend_premium": "sent again, beyond reading",
}  # fmt: skip


def _events(events: Sequence[Data]) -> Section:
    return Section("losses", grid=Grid(EVENT_COLUMNS, [(event_cells(one), None) for one in events]))


def _options(options: Sequence[Data]) -> Section:
    entries = [
        Entry((money(one["saving_pico_usd"]), one["confidence"]), facts.finding_title(one, 150),
              (f"→ {one['fix']}",) if one["fix"] else ())
        for one in options if one["saving_pico_usd"]
    ]  # fmt: skip
    return Section("what would have cost less", (), ("saves", "sure"), entries)


def _calls(body: Data) -> list[Section]:
    calls = body.get("calls")
    if calls is None:
        return []
    rows = [(_call_cells(one), one["cost_pico_usd"]) for one in calls[:_MOST_CALLS]]
    columns = [("call", True, 0), ("agent", False, 4), ("new", True, 0), ("read", True, 0), ("written", True, 0),
               ("output", True, 3), ("cost", True, 0), ("lost", False, 2)]  # fmt: skip
    more = [("", f"the first {_MOST_CALLS} of {len(calls):,}; --json has all")] if len(calls) > _MOST_CALLS else []
    return [Section("calls", more, grid=Grid(columns, rows))]


def _call_cells(one: Data) -> tuple[str, ...]:
    lost = f"{one['cause']}: {tokens(one['lost_tokens'])}" if one["cause"] else "·"
    sizes = [tokens(one[key]) for key in ("input", "cache_read", "cache_write", "output")]
    return (str(one["call"]), one["agent"], *sizes, money(one["cost_pico_usd"]), lost)
