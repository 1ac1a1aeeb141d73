"""The arithmetic of one response: its call, and the extra calls that its iterations hold.

`usage.iterations` items of type `message` are inside the totals (several samplings of one request: each has its own
price tier). `advisor_message` and `compaction` items are calls of their own outside the totals, the advisor's with its
own model (2.1, seen with `advisorModel` set).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.model import FLAGS, MAX_TOKENS, Call, Problem, call_key
from whyburn.names import effort_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.harnesses.claude.records import Iteration, Line, Message, Split, Usage
    from whyburn.model import Item

_FINAL_OUTPUT = (2, 1, 97)
"""Since this version (April 2026) every line carries the final counts of its response."""
_CLAMPED, _TTL_UNKNOWN, _UNDERCOUNTED = FLAGS["clamped"], FLAGS["cache_ttl_unknown"], FLAGS["output_undercounted"]
_MOST_USD = 10**6
"""More for one call is a broken record; ten times as much is beyond 64 bits of pico-dollars."""
_OWN_CALLS = {"advisor_message": ("advisor", "auxiliary"), "compaction": ("compaction", "compaction")}


def calls_of(
    line: Line, message: Message, usage: Usage, *, session: str, model: str, agent: str | None, at_ms: int,
    evidence: int, flags: int, pos: int, stem: str,
) -> Iterable[Item]:  # fmt: skip
    """The call of a response and the calls of its iterations; nothing for a locally made or empty message."""
    if model == "<synthetic>":
        return ()
    inp, out, read = usage.input_tokens or 0, usage.output_tokens or 0, usage.cache_read_input_tokens or 0
    w5, w1, other = written(usage.cache_creation_input_tokens, usage.cache_creation)
    tools, extra, cost = usage.server_tool_use, usage.iterations, line.costUSD
    searches = tools.web_search_requests or 0 if tools is not None else 0
    if inp < 0 or out < 0 or read < 0 or searches < 0 or w5 < 0 or w1 < 0 or other < 0:
        flags |= _CLAMPED
        inp, out, read, searches = max(inp, 0), max(out, 0), max(read, 0), max(searches, 0)
        w5, w1, other = max(w5, 0), max(w1, 0), max(other, 0)
    total = inp + out + read + w5 + w1 + other
    if not total and not extra:
        return ()
    if (extra or total + searches > MAX_TOKENS) and broken(usage):
        return (Problem(pos, "token count beyond 100 million"),)
    if cost is not None and not 0 <= cost < _MOST_USD:
        return (Problem(pos, "recorded cost below zero or beyond a million dollars"),)
    if other:
        flags |= _TTL_UNKNOWN
    if message.stop_reason is None and line.version is not None and not _is_final(line.version):
        flags |= _UNDERCOUNTED
    group, variant = _identity(line, message, session, stem, pos)
    details = usage.output_tokens_details
    call = Call(
        call_key("claude", group, variant), session, agent, at_ms, inp, out,
        None if details is None or details.thinking_tokens is None else min(max(details.thinking_tokens, 0), out),
        read, w5, w1, other, evidence, pos, model, provider_of(model), line.cwd or None,
        effort_of(line.effort) if line.effort else None,
        None if usage.speed == "standard" else usage.speed or None,
        None if usage.service_tier == "standard" else usage.service_tier or None,
        "us" if usage.inference_geo == "us" else None,
        "main" if agent is None else _purpose(agent), "call", flags,
        None if cost is None else "harness_estimate", None, searches, 1, None,
        None if cost is None else round(cost * 10**12),
    )  # fmt: skip
    if not extra:
        return (call,)
    return _with_iterations(call, extra, group, variant)


def broken(usage: Usage | Iteration) -> bool:
    """Whether one of the counts, of its iterations too, is beyond what a record can mean."""
    split, tools = usage.cache_creation, getattr(usage, "server_tool_use", None)
    most = max(usage.input_tokens or 0, usage.output_tokens or 0, usage.cache_read_input_tokens or 0,
               usage.cache_creation_input_tokens or 0)  # fmt: skip
    if split is not None:
        most = max(most, split.ephemeral_5m_input_tokens or 0, split.ephemeral_1h_input_tokens or 0)
    if tools is not None:
        most = max(most, tools.web_search_requests or 0)
    return most > MAX_TOKENS or any(map(broken, getattr(usage, "iterations", None) or ()))


def written(total: int | None, split: Split | None) -> tuple[int, int, int]:
    """(5 minutes, 1 hour, unknown lifetime). With a split, what it leaves out of the total was written for 5 minutes.

    In turns with an advisor the split holds only the first iteration (2.1), so the larger figure is right; without
    any split (1.0, some gateways) the lifetime is unknown. A count below zero is given back as it is.
    """
    flat = total or 0
    if split is None:
        return 0, 0, flat
    five, hour = split.ephemeral_5m_input_tokens or 0, split.ephemeral_1h_input_tokens or 0
    if flat < 0 or five < 0 or hour < 0:
        return min(flat, five), hour, 0
    return max(flat - hour, five), hour, 0


def provider_of(model: str) -> str | None:
    """Who serves a model id: Anthropic unless the id has a gateway's shape; None for other labs' models."""
    if model.startswith("claude"):
        return "google-vertex" if "@" in model else "anthropic"
    if "anthropic.claude" in model:
        return "amazon-bedrock"
    return "openrouter" if model.startswith("anthropic/") else None


def _identity(line: Line, message: Message, session: str, stem: str, pos: int) -> tuple[str, str | None]:
    if message.id:
        return message.id, line.requestId or None
    if line.uuid:
        return f"uuid:{session}:{line.uuid}", None
    return f"pos:{stem}:{pos}", None


def _with_iterations(call: Call, extra: Sequence[Iteration], group: str, variant: str | None) -> Iterable[Item]:
    items: list[Item] = []
    total = (call.input or 0) + (call.output or 0) + call.prompt
    if total:
        items.append(call._replace(parts=_parts(call, [one for one in extra if one.type == "message"])))
    seen: dict[str, int] = {}
    for one in extra:
        word, purpose = _OWN_CALLS.get(one.type or "", ("", ""))
        if not word:
            continue
        nth = seen[word] = seen.get(word, -1) + 1
        w5, w1, other = (max(count, 0) for count in written(one.cache_creation_input_tokens, one.cache_creation))
        model = one.model or call.model
        items.append(call._replace(
            key=call_key("claude", f"{group}:{word}:{nth}", variant), model=model, provider=provider_of(model),
            input=max(one.input_tokens or 0, 0), output=max(one.output_tokens or 0, 0), reasoning=None,
            cache_read=max(one.cache_read_input_tokens or 0, 0), write_5m=w5, write_1h=w1, write_other=other,
            purpose=purpose, searches=0, source_pico=None, source_basis=None,
        ))  # fmt: skip
    return items


def _parts(call: Call, extra: Sequence[Iteration]) -> tuple[tuple[int, int, int, int, int], ...] | None:
    """The samplings of a call, the first taking what they leave of its totals; None if there is one, or no sense."""
    if len(extra) < 2:
        return None
    rows = []
    for one in extra:
        w5, w1, other = written(one.cache_creation_input_tokens, one.cache_creation)
        rows.append([one.input_tokens or 0, one.output_tokens or 0, one.cache_read_input_tokens or 0, w5 + other, w1])
    totals = (call.input, call.output, call.cache_read, (call.write_5m or 0) + (call.write_other or 0), call.write_1h)
    for column, whole in enumerate(totals):
        rows[0][column] += (whole or 0) - sum(row[column] for row in rows)
    if min(min(row) for row in rows) < 0:
        return None
    return tuple((a, b, c, d, e) for a, b, c, d, e in rows)


def _purpose(agent: str) -> str:
    return "compaction" if agent.startswith("acompact") else "subagent"


_final: dict[str, bool] = {}


def _is_final(version: str) -> bool:
    known = _final.get(version)
    if known is None:
        numbers = [int(part[:9]) if part.isdecimal() else 0 for part in version.partition("-")[0].split(".")[:3]]
        known = _final[version] = tuple(numbers) >= _FINAL_OUTPUT
    return known
