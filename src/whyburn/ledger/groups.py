"""Which variants of a group are calls of their own.

A group is what one provider message id names; its variants are request ids, or none. A replay in a side conversation
may carry a new request id, and a proxy may drop it. The rule, as a pure function of the variants and their evidence:

* history copied from a parent (`INHERITED`) never counts;
* where a record of the main line exists, sidechain and tentative ones of the same message do not count;
* a record without request id joins the only one that has one: the better of the two counts;
* with several request ids, a record without one is a copy of one of them and does not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.model import INHERITED, OWN

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUP = 10
"""Bytes of a call key that name the group; the other six name the variant."""


class Variant(NamedTuple):
    """One stored record of a group."""

    key: bytes
    call: int
    evidence: int
    rank: tuple[object, ...]


def counted(variants: Iterable[Variant]) -> set[int]:
    """The ids of the calls that count among all variants of one group."""
    able = [one for one in variants if one.evidence > INHERITED]
    if any(one.evidence == OWN for one in able):
        able = [one for one in able if one.evidence == OWN]
    named = [one for one in able if any(one.key[GROUP:])]
    bare = [one for one in able if not any(one.key[GROUP:])]
    if not named:
        return {one.call for one in bare}
    if len(named) == 1 and bare:
        return {max(named + bare, key=lambda one: one.rank).call}
    return {one.call for one in named}
