"""One chain of a session: the response that is being written, the tree of its records, what a compaction may keep.

Lines of one response stand between the results of its tools. So a response is held until the next one begins, and
with it whatever came after its first line. Records name their parent: where a prompt or a response hangs on another
step than the last one, the user went back.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from whyburn.transcript import Rewind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.harnesses.claude.deep.blocks import Place
    from whyburn.harnesses.claude.deep.records import Record
    from whyburn.harnesses.claude.deep.response import Response
    from whyburn.transcript import Block, TranscriptItem

_RECENT = 400
"""Records whose blocks are remembered: a compaction keeps some of the latest."""
_NOWHERE = -1


class Chain:
    """The state of one chain; finished items go to `out`."""

    def __init__(self, agent: str | None, out: list[TranscriptItem]) -> None:
        self.agent = agent
        self.held: Response | None = None
        self.command = ""
        """The slash command whose expansion may follow."""
        self.compacted = False
        """A boundary was met and its summary was not."""
        self.permission: str | None = None
        self._out = out
        self._after: list[TranscriptItem] = []
        self._keys: list[bytes | None] = []
        self._tip = _NOWHERE
        self._nodes: dict[str, int] = {}
        self._unnamed: set[int] = set()
        self._recent: deque[tuple[str, list[Block]]] = deque(maxlen=_RECENT)
        self._kept: list[Block] = []

    @property
    def begun(self) -> bool:
        """Whether a step is in the conversation."""
        return self._tip != _NOWHERE

    def put(self, items: Iterable[TranscriptItem]) -> None:
        """Yield items, after the response that is held if there is one."""
        (self._out if self.held is None else self._after).extend(items)

    def begin(self, response: Response) -> None:
        """A new response; the one before it is complete."""
        self.close()
        self.held = response
        self._tip = len(self._keys)

    def close(self) -> None:
        """Yield the response that is held, and all that waited for it."""
        held, self.held = self.held, None
        if held is not None:
            key, items = held.finish()
            self._keys.append(key or (self._keys[-1] if self._keys else None))
            self._out += items
            self._out += self._after
            self._after = []
        self._out += self.kept()

    # --- the tree

    def is_new(self, record: Record, line: bytes) -> bool:
        """Whether a record was not met before in this chain."""
        if record.uuid is not None:
            return record.uuid not in self._nodes
        digest = hash(line)
        if digest in self._unnamed:
            return False
        self._unnamed.add(digest)
        return True

    def settle(self, record: Record) -> None:
        """Take a record's place in the tree as it is."""
        if record.uuid is not None:
            self._nodes[record.uuid] = self._nodes.get(record.parentUuid or "", self._tip)

    def hang(self, record: Record, place: Place, *, root: bool = False) -> None:
        """A record that goes on with the conversation: if not where it ended, the user went back.

        A parent that the log does not have says nothing. Only a prompt may begin anew (`root`): what harness records
        without a parent hang on is not told.
        """
        parent = record.parentUuid
        at = self._nodes.get(parent, self._tip) if parent is not None else _NOWHERE if root else self._tip
        if at != self._tip:
            self.close()
            self.put([Rewind(self.agent, place.spot, place.at_ms, None if at == _NOWHERE else self._keys[at])])
            self._tip = at
        if record.uuid is not None:
            self._nodes[record.uuid] = self._tip

    def settle_here(self, record: Record) -> None:
        """A record of the step at the tip, or one that bridges to it."""
        if record.uuid is not None:
            self._nodes[record.uuid] = self._tip

    def begin_anew(self) -> None:
        """Nothing of the conversation is left."""
        self._tip = _NOWHERE

    # --- what a compaction keeps

    def remember(self, record: Record, blocks: list[Block]) -> None:
        """Blocks of a record, in case that a compaction keeps it."""
        if blocks and record.uuid is not None:
            self._recent.append((record.uuid, blocks))

    def keep(self, names: set[str], head: str | None, tail: str | None) -> None:
        """Remember the blocks of the named records, or of all from head to tail, until the summary has come."""
        inside = False
        for uuid, blocks in self._recent:
            inside = inside or uuid == head
            if uuid in names or (inside and not names):
                self._kept += blocks
            inside = inside and uuid != tail

    def kept(self) -> list[Block]:
        """What the last compaction kept; once. It is in the prompt again, but nobody said or called it again."""
        kept, self._kept = self._kept, []
        return [one._replace(prompt=False, tool=None) for one in kept]
