"""Transcript and bill joined: chains of calls with what entered before each and what each put out.

The transcript says what stood in the prompts, the ledger says what was billed. They meet by the key of the call. A
step that the ledger bills to another session is copied history: its call stays in the chain, unbilled, because its
content fills the prompts that follow. A bill without a step (its transcript is gone, or it was a request beside the
conversation) gets a call without content. So every call of the bill is in exactly one chain.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from whyburn.postmortem import relations, samplings
from whyburn.postmortem.anatomy import Anatomy, Call, Chain, Piece, Prices
from whyburn.postmortem.labels import label_of
from whyburn.transcript import (
    OUTPUT,
    Block,
    Change,
    Compaction,
    Rewind,
    Skipped,
    Spawn,
    Step,
    ToolCall,
    ToolResult,
    Trouble,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from whyburn.ledger.bills import Bill
    from whyburn.transcript import TranscriptItem

_BESIDE = frozenset({"auxiliary", "compaction"})
"""Purposes of requests that have a prompt of their own, when no transcript shows them as steps."""
_MOST_BYTES = 8
"""Bytes of text that a token can stand for, on average over a response; more is no text of people or programs."""


class _Thread:
    """One chain while it is read."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.entered: list[int] = []
        self.changes: list[Change] = []
        self.troubles: list[Trouble] = []
        self.boundary: Compaction | Rewind | None = None
        self.last: Call | None = None
        self.seen_ms: int | None = None


class Assembly:
    """Builds an `Anatomy` from a transcript; see the module's text."""

    def __init__(
        self, harness: str, session: str, bills: Mapping[int, Bill], row_of: Callable[[bytes], int | None]
    ) -> None:
        self.anatomy = Anatomy(harness, session)
        self._bills = dict(bills)
        self._row_of = row_of
        self._threads: dict[str, _Thread] = {}
        self._asked: dict[str, relations.Asked] = {}
        self._answers: dict[str, int] = {}
        """Piece of the first result by the id of its tool call."""
        self._spawns: list[Spawn] = []
        self._sampled: list[tuple[Call, tuple[samplings.Part, ...]]] = []
        self._thread(None, "main")

    def read(self, items: Iterable[TranscriptItem]) -> None:
        """Take the transcript in."""
        for item in items:
            if isinstance(item, Block):
                self._block(item)
            elif isinstance(item, Step):
                self._step(item)
            elif isinstance(item, Compaction | Rewind):
                thread = self._thread(item.agent)
                thread.boundary, thread.entered = item, []
            elif isinstance(item, Change):
                self._thread(item.agent).changes.append(item)
            elif isinstance(item, Trouble):
                self._thread(item.agent).troubles.append(item)
            elif isinstance(item, Spawn):
                self._spawns.append(item)
            elif isinstance(item, Skipped):
                self.anatomy.skipped.append(item)

    def finish(self) -> Anatomy:
        """Everything in its place: bills without steps, tool uses, sub-agents under their parents, user turns."""
        anatomy = self.anatomy
        anatomy.has_steps = any(call.billed for call in anatomy.calls)
        for call, parts in self._sampled:
            samplings.split(anatomy, call, parts)
        self._doubt_counts()
        self._leftover_bills()
        relations.trim(anatomy)
        relations.renumber(anatomy)
        relations.pair(anatomy, self._asked, self._answers)
        relations.family(anatomy, self._spawns, self._asked)
        relations.turns(anatomy)
        return anatomy

    def _thread(self, agent: str | None, name: str = "") -> _Thread:
        key = agent or ""
        thread = self._threads.get(key)
        if thread is None:
            chain = Chain(len(self.anatomy.chains), key, name or key)
            self.anatomy.chains.append(chain)
            thread = self._threads[key] = _Thread(chain)
        return thread

    def _block(self, block: Block) -> None:
        thread = self._thread(block.agent)
        pieces = self.anatomy.pieces
        piece = Piece(len(pieces), block.kind, thread.chain.index, block)
        pieces.append(piece)
        last = thread.last
        if block.kind in OUTPUT and last is not None and not thread.entered and thread.boundary is None:
            piece.made_by, piece.carried = last.index, not last.billed
            last.made.append(piece.index)
        else:
            thread.entered.append(piece.index)
        if block.at_ms is not None and (thread.seen_ms is None or block.at_ms > thread.seen_ms):
            thread.seen_ms = block.at_ms
        tool = block.tool
        if isinstance(tool, ToolCall):
            self._asked[tool.id] = relations.Asked(tool, piece.index)
        elif isinstance(tool, ToolResult):
            self._answers.setdefault(tool.id, piece.index)
        asked = self._asked.get(tool.id) if isinstance(tool, ToolResult) else None
        piece.label = label_of(block, asked.call if asked else None)

    def _step(self, step: Step) -> None:
        thread = self._thread(step.agent)
        bill = self._bills.pop(self._row_of(step.key) or -1, None)
        call = self._call(thread.chain, bill) if bill is not None else self._copied(thread.chain, step)
        if bill is not None and bill.parts:
            self._sampled.append((call, bill.parts))
        call.step, call.final = step, step.final
        call.at_ms = step.at_ms or call.at_ms
        call.effort = call.effort or step.effort or ""
        call.request_ms = step.started_ms or thread.seen_ms
        call.entered, thread.entered = thread.entered, []
        call.changes, thread.changes = thread.changes, []
        call.troubles, thread.troubles = thread.troubles, []
        call.boundary, thread.boundary = thread.boundary, None
        if not call.billed:
            for piece in call.entered:
                self.anatomy.pieces[piece].carried = True
        thread.last = call
        thread.seen_ms = None

    def _add(self, chain: Chain, call: Call) -> Call:
        self.anatomy.calls.append(call)
        chain.calls.append(call.index)
        return call

    def _call(self, chain: Chain, bill: Bill) -> Call:
        if bill.agent_name and chain.name == chain.agent:
            chain.name = bill.agent_name
        return self._add(chain, Call(
            index=len(self.anatomy.calls), chain=chain.index, at_ms=bill.at_ms, model=bill.model, u=bill.input,
            w1=bill.write_1h, w5=bill.write_5m + bill.write_other, r=bill.cache_read, o=bill.output,
            thinking=bill.reasoning, step=None, prices=_prices(bill), cost=bill.cost, billed=True,
            provider=bill.provider, speed=bill.speed, tier=bill.tier, effort=bill.effort, purpose=bill.purpose,
            other=bill.write_other,
        ))  # fmt: skip

    def _copied(self, chain: Chain, step: Step) -> Call:
        fresh, read, five, hour, other, output, reasoning = step.counts
        return self._add(chain, Call(
            index=len(self.anatomy.calls), chain=chain.index, at_ms=step.at_ms, model=step.model, u=fresh, w1=hour,
            w5=five + other, r=read, o=output, thinking=reasoning, step=step, prices=None, cost=0, billed=False,
        ))  # fmt: skip

    def _doubt_counts(self) -> None:
        """An output count that the output's own text does not fit in was taken while it streamed, whatever is usual
        for the version of the harness."""
        for call in self.anatomy.calls:
            blocks = (self.anatomy.pieces[index].block for index in call.made)
            shown = sum(one.size for one in blocks if one is not None and not one.opaque)
            call.final = call.final and shown <= call.o * _MOST_BYTES

    def _leftover_bills(self) -> None:
        """Calls that no transcript shows: beside the conversation, or of a chain whose transcript is gone."""
        times: dict[int, list[int]] = {}
        for bill in self._bills.values():
            beside = bill.purpose in _BESIDE
            key = f"{bill.agent}\0{bill.purpose}\0{bill.model}" if beside else bill.agent
            thread = self._threads.get(key)
            if thread is None:
                thread = self._thread(key, bill.purpose if beside else bill.agent_name or bill.agent)
                thread.chain.agent, thread.chain.side = bill.agent, beside
            chain = thread.chain
            known = times.setdefault(chain.index, [self.anatomy.calls[index].at_ms or 0 for index in chain.calls])
            call = self._call(chain, bill)
            chain.calls.pop()
            at = bisect_right(known, bill.at_ms)
            chain.calls.insert(at, call.index)
            known.insert(at, bill.at_ms)


def _prices(bill: Bill) -> Prices | None:
    if bill.cost is None or bill.p_in is None or bill.p_out is None:
        return None
    return Prices.billed(
        fresh=bill.p_in, read=bill.p_read, write_5m=bill.p_5m, write_1h=bill.p_1h, output=bill.p_out,
        reasoning=bill.p_reason, search=bill.p_search,
    )  # fmt: skip
