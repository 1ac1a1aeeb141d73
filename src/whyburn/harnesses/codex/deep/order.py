"""Which items of a rollout belong to which response.

A response is written in one of two orders. Early versions (0.36 to 0.58 seen) write its usage when the stream ends and
its items when its tools have run: usage, then call, result, call, result. Later ones write each item as it arrives and
the usage at the end, often behind the results: call, call, result, result, usage. So a usage line takes the outputs
that wait for one; when none wait, those that follow are its own, until something begins a new request. Results and
whatever else enters are held back until the outputs before them are settled. Outputs that no usage line ever claims
(a response that was broken off) stay in the conversation, and are handed on without a step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.transcript import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whyburn.transcript import Step, TranscriptItem


class Order:
    """Puts the items of a chain into the order that `transcript` promises; holds one response at most."""

    def __init__(self) -> None:
        self._waiting: list[Block] = []
        """Outputs without a step yet."""
        self._after: list[TranscriptItem] = []
        """What entered behind them, or behind the outputs of the open step."""
        self._open = False
        """The last step goes on to put out."""
        self._usage_follows = False
        """This rollout writes usage behind outputs: none of them belong to a step before."""
        self._cut = False
        """Something ended the response that is waiting; the next output is of another one. A result does: in this
        order tools answer when the response is complete."""

    def step(self, step: Step) -> Iterator[TranscriptItem]:
        """A usage line."""
        if self._waiting:
            ended = self._waiting[-1].at_ms
            yield step if ended is None else step._replace(at_ms=ended)
            self._usage_follows = True
            yield from self.rest()
        else:
            yield from self.rest()
            yield step
            self._open = not self._usage_follows

    def output(self, block: Block) -> Iterator[TranscriptItem]:
        """Something that the model put out."""
        if self._open:
            yield block
            return
        if self._cut and self._waiting:
            yield from self.rest()
        self._cut = False
        self._waiting.append(block)

    def entered(self, item: TranscriptItem) -> Iterator[TranscriptItem]:
        """Something that entered the conversation, or happened beside it."""
        if self._open or self._waiting:
            self._after.append(item)
            self._cut = self._cut or (isinstance(item, Block) and item.kind == "tool-result" and not self._open)
        else:
            yield item

    def ended(self) -> Iterator[TranscriptItem]:
        """A turn ended or another request begins: what the last step put out is complete."""
        if self._open:
            yield from self.rest()
        self._cut = True

    def rest(self) -> Iterator[TranscriptItem]:
        """Whatever is held, in order; nothing is open or waits any more."""
        waiting, after = self._waiting, self._after
        self._waiting, self._after, self._open, self._cut = [], [], False, False
        yield from waiting
        yield from after
