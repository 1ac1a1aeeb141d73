"""A session worked out by hand: six calls, a lockfile, a test run again without a change, a pause of twelve minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from whyburn.ledger.bills import Bill
from whyburn.postmortem import marginals
from whyburn.postmortem.anatomy import ENTRY, REREAD, REWRITE_BASE, REWRITE_PREMIUM
from whyburn.postmortem.claims import Claim, Savings, saving
from whyburn.postmortem.dissect import dissect, verify
from whyburn.transcript import Block, Spot, Step, ToolCall, ToolResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.transcript import Kind, TranscriptItem

MINUTE = 60_000
CALLS = (
    # read, written for 5 minutes, uncached, output, minutes
    (14_000, 3_996, 4, 300, 0),
    (17_996, 12_300, 4, 200, 1),
    (30_296, 3_200, 4, 250, 2),
    (33_496, 3_250, 4, 500, 3),
    (0, 37_296, 4, 400, 15),
    (37_296, 500, 4, 150, 16),
)
INPUTS: tuple[tuple[tuple[Kind, str, int], ...], ...] = (
    (("instructions", "CLAUDE.md", 2_000), ("user", "user 1", 160)),
    (("tool-result", "package-lock.json", 12_000),),
    (("tool-result", "pytest run 1", 3_000),),
    (("tool-result", "pytest run 2", 3_000),),
    (("user", "user 2", 50),),
    (("tool-result", "edit result", 100),),
)
TABLE = {
    # generation, entry, reread, rewrite base, rewrite premium, in millionths of a dollar
    "harness": (0, 11_100, 19_008, 4_752, 54_648),
    "CLAUDE.md": (0, 7_500, 2_400, 600, 6_900),
    "user 1": (0, 612, 191, 48, 552),
    "assistant 1": (4_500, 1_125, 270, 90, 1_035),
    "package-lock.json": (0, 45_012, 10_799, 3_600, 41_400),
    "assistant 2": (3_000, 750, 120, 60, 690),
    "pytest run 1": (0, 11_262, 1_799, 900, 10_350),
    "assistant 3": (3_750, 937, 75, 75, 862),
    "pytest run 2": (0, 11_262, 900, 899, 10_336),
    "assistant 4": (7_500, 1_875, 150, 0, 0),
    "user 2": (0, 199, 14, 0, 0),
    "assistant 5": (6_000, 1_500, 0, 0, 0),
    "edit result": (0, 372, 0, 0, 0),
    "assistant 6": (2_250, 0, 0, 0, 0),
}


def bill(at: int) -> Bill:
    """The ledger's row of one call at 3, 3.75, 0.30 and 15 dollars a million."""
    read, short, fresh, output, minutes = CALLS[at]
    cost = fresh * 3_000_000 + short * 3_750_000 + read * 300_000 + output * 15_000_000
    return Bill(
        at + 1, "", None, minutes * MINUTE, "anthropic", "claude-x", "", "", "", "main", 0, fresh, output, None, read,
        short, 0, 0, 0, None, cost, 3_000_000, 15_000_000, None, 300_000, 3_750_000, 6_000_000, 0,
    )  # fmt: skip


def transcript() -> Iterator[TranscriptItem]:
    """What the log shows, at three bytes a token."""
    line = 0
    for at, (read, short, fresh, output, minutes) in enumerate(CALLS):
        for kind, label, tokens in INPUTS[at]:
            line += 1
            tool = ToolResult(str(at - 1)) if kind == "tool-result" else None
            yield Block(kind, tokens * 3, line, Spot(0, line, line), minutes * MINUTE, label=label, tool=tool,
                        prompt=kind == "user")  # fmt: skip
        line += 1
        yield Step(bytes([at]), Spot(0, line, line), minutes * MINUTE, None, "claude-x",
                   (fresh, read, short, 0, 0, output, None))  # fmt: skip
        call = ToolCall(str(at), "tool", "other", path=None)
        yield Block("tool-call", output * 3, 0, Spot(0, line, line), minutes * MINUTE, tool=call)


@pytest.fixture
def anatomy() -> Anatomy:
    """The session taken apart."""
    found = dissect("claude", "s", transcript(), bills={at + 1: bill(at) for at in range(6)},
                    row_of=lambda key: key[0] + 1)  # fmt: skip
    for piece in found.pieces:
        if piece.block is not None:
            piece.label = piece.block.label or f"assistant {(piece.made_by or 0) + 1}"
    return found


def test_the_bill_is_explained_to_the_pico_dollar(anatomy: Anatomy) -> None:
    """All three views sum to the bill of $0.2940297, and nothing is wrong with the tiles."""
    sources = marginals.by_source(anatomy)

    assert verify(anatomy) == []
    assert anatomy.cost == 294_029_700_000
    assert anatomy.cost == sum(row.cost for row in sources)
    assert anatomy.cost == sum(row.cost for row in marginals.by_mechanism(anatomy))
    assert anatomy.cost == sum(row.cost for row in marginals.by_turn(anatomy))


def test_every_cell_of_the_table_is_right(anatomy: Anatomy) -> None:
    """Each block's generation, entry, re-reads and rewrite are as worked out by hand, to a millionth of a dollar."""
    found: dict[str, list[int]] = {name: [0] * 5 for name in TABLE}
    for piece in anatomy.pieces:
        row = found["harness" if piece.kind == "harness" else piece.label]
        row[0] += piece.generation
        for at in piece.tiles:
            for column, mechanism in enumerate((ENTRY, REREAD, REWRITE_BASE, REWRITE_PREMIUM), 1):
                row[column] += anatomy.tiles[at].costs[mechanism]

    for name, row in TABLE.items():
        assert [pytest.approx(cell, abs=0.61) for cell in row] == [cell / 1_000_000 for cell in found[name]], name


def test_the_pause_is_the_one_cache_event(anatomy: Anatomy) -> None:
    """Twelve minutes outlive a cache of five: the fifth call paid $0.1267737 beyond reading."""
    (event,) = anatomy.events

    assert (event.call, event.cause, event.gap_ms, event.lifetime_ms) == (4, "expired", 12 * MINUTE, 5 * MINUTE)
    assert event.premium == 126_773_700_000


def test_overlaps_are_taken_out_of_the_joint_saving(anatomy: Anatomy) -> None:
    """The three findings save $0.2583306 one by one and $0.2058819 together, in any order."""
    named = {piece.label: piece.index for piece in anatomy.pieces}
    lockfile = Claim(pieces={named["package-lock.json"]: (11, 12)})
    pause = Claim(premiums=frozenset({4}))
    rerun = Claim(pieces={named["assistant 3"]: (1, 1), named["pytest run 2"]: (1, 1)},
                  generated=frozenset({named["assistant 3"]}), steps=frozenset({3}))  # fmt: skip
    alone = [saving(anatomy, claim) for claim in (pause, lockfile, rerun)]
    joint = []
    for order in ((pause, lockfile, rerun), (rerun, lockfile, pause), (lockfile, rerun, pause)):
        savings = Savings(anatomy)
        joint.append(sum(savings.add(claim) for claim in order))

    assert [pytest.approx(126_773.7, abs=1), pytest.approx(92_409.9, abs=1), pytest.approx(39_147.0, abs=1)] == [
        one / 1_000_000 for one in alone
    ]
    assert [pytest.approx(205_881.9, abs=2)] * 3 == [one / 1_000_000 for one in joint]
