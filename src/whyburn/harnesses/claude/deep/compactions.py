"""Where a conversation is replaced: by a summary at a boundary, or by nothing when the user begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.harnesses.claude.deep.records import loose
from whyburn.transcript import Compaction

if TYPE_CHECKING:
    from whyburn.harnesses.claude.deep.blocks import Place
    from whyburn.harnesses.claude.deep.chain import Chain
    from whyburn.harnesses.claude.deep.records import Record


def boundary(chain: Chain, record: Record, place: Place) -> None:
    """A `compact_boundary`: its parent is null, and it stands where the conversation was.

    The messages that it preserves are not written again; they follow the summary (2.1.2xx).
    """
    chain.settle_here(record)
    told = loose(record.compactMetadata)
    told = told if isinstance(told, dict) else {}
    before, trigger = told.get("preTokens"), "manual" if told.get("trigger") == "manual" else "auto"
    _compact(chain, place, trigger, before if isinstance(before, int) else None)
    chain.compacted = True
    segment, messages = told.get("preservedSegment"), told.get("preservedMessages")
    ends = segment if isinstance(segment, dict) else {}
    listed = messages.get("uuids") if isinstance(messages, dict) else None
    names = {name for name in listed if isinstance(name, str)} if isinstance(listed, list) else set()
    if names or ends:
        chain.keep(names, ends.get("headUuid"), ends.get("tailUuid"))


def summarised(chain: Chain, place: Place) -> None:
    """A summary; where no boundary came before it (1.0), it is one."""
    if not chain.compacted and chain.begun:
        _compact(chain, place, "manual" if chain.command == "/compact" else "auto", None)
    chain.compacted = False


def clear(chain: Chain, place: Place) -> None:
    """The user began anew in the same file: by command, or by letting a plan be done with an empty context."""
    if chain.begun:
        _compact(chain, place, "clear", None)
        chain.begin_anew()


def _compact(chain: Chain, place: Place, trigger: str, before: int | None) -> None:
    chain.put([Compaction(chain.agent, place.spot, place.at_ms, trigger, before)])
