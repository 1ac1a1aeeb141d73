"""Requests that the provider sampled several times: each sampling had a prompt of its own.

A tool that the provider itself runs (an advisor, a search) interrupts the response: what it returns is added to the
prompt, and the model goes on in a second sampling that reads the same prompt again. The log and the ledger hold the
sum, which looks like a prompt of twice the size. Here such a call becomes one call a sampling, with the blocks that
each put out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from whyburn.transcript import ToolCall, ToolResult

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy, Call

Part = tuple[int, int, int, int, int]
"""Input, output, cache read, written for 5 minutes or an unknown time, written for 1 hour."""


def split(anatomy: Anatomy, call: Call, parts: tuple[Part, ...]) -> None:
    """Put a call for each sampling but the last before a call, which keeps the rest."""
    chain = anatomy.chains[call.chain]
    where = chain.calls.index(call.index)
    made, after = call.made, _next(anatomy, call)
    for fresh, output, read, short, hour in parts[:-1]:
        cost = None
        if call.prices is not None and call.cost is not None:
            prices = call.prices
            cost = (fresh * prices.input + output * prices.output + read * prices.read + short * prices.write_5m
                    + hour * prices.write_1h)  # fmt: skip
            call.cost -= cost
        own, made, answers = _until_hosted(anatomy, made, after)
        first = replace(
            call, index=len(anatomy.calls), u=fresh, o=output, r=read, w5=short, w1=hour, other=0, thinking=None,
            cost=cost, made=own, sampling=True,
        )  # fmt: skip
        anatomy.calls.append(first)
        chain.calls.insert(where, first.index)
        where += 1
        for piece in own:
            anatomy.pieces[piece].made_by = first.index
        call.u, call.o, call.r = call.u - fresh, call.o - output, call.r - read
        call.w5, call.w1 = call.w5 - short, call.w1 - hour
        call.entered, call.changes, call.troubles, call.boundary = answers, [], [], None
        call.request_ms, call.thinking = None, None
    call.made = made


def _next(anatomy: Anatomy, call: Call) -> list[int]:
    """What entered after a call: the answers of its hosted tools stand there."""
    calls = anatomy.chains[call.chain].calls
    at = calls.index(call.index) + 1
    return anatomy.calls[calls[at]].entered if at < len(calls) else []


def _until_hosted(anatomy: Anatomy, made: list[int], after: list[int]) -> tuple[list[int], list[int], list[int]]:
    """(output up to the first hosted tool call, the rest of the output, that tool's answers, taken out of `after`)."""
    for at, index in enumerate(made):
        block = anatomy.pieces[index].block
        if block is None or not isinstance(block.tool, ToolCall) or not block.tool.hosted:
            continue
        answers = [piece for piece in after if _answers(anatomy, piece, block.tool.id)]
        after[:] = [piece for piece in after if piece not in answers]
        return made[: at + 1], made[at + 1 :], answers
    return [], made, []


def _answers(anatomy: Anatomy, piece: int, ident: str) -> bool:
    block = anatomy.pieces[piece].block
    return block is not None and isinstance(block.tool, ToolResult) and block.tool.id == ident
