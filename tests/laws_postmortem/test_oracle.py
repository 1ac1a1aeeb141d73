"""Laws 6, 12, 13 and 17: what attribution says is what really happened, as far as a log can tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laws_postmortem import logs
from laws_postmortem.scoring import claimed, exact, joints, sized
from laws_postmortem.test_conservation import SEEDS
from laws_postmortem.whole import LONG, examined, explained, shop
from simulator import IDS, bill, clean, emit, harnesses, random_script, seeded, without
from simulator.script import Call, Compact, Pause, Say, Script, User
from whyburn.postmortem import charges
from whyburn.postmortem.anatomy import RESEND_PREMIUM, REWRITE_PREMIUM
from whyburn.postmortem.claims import Savings
from whyburn.postmortem.findings import content
from whyburn.postmortem.judge import WIDTHS
from whyburn.postmortem.marginals import rereads

if TYPE_CHECKING:
    from pathlib import Path

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.anatomy import Call as Billed
    from whyburn.transcript import Spot

FEW = settings(max_examples=300 if LONG else 15, deadline=None)
HARNESSES = st.sampled_from(["claude", "codex"])
EXACT = {
    name for name in IDS if seeded(name, 0).removable and seeded(name, 0).claim == "saving" and name != "unused-tools"
}
"""What can be billed again and is not an estimate: what tools take of a first prompt can only be told by bytes."""


@FEW
@given(SEEDS, HARNESSES)
def test_measured_blocks_cost_what_they_really_cost(seed: int, harness: str) -> None:
    """Where a size has grade A, its tokens and its dollars are those of the truth, to the pico-dollar."""
    for script in (clean(seed, harness), seeded(IDS[seed % len(IDS)], seed % 1_000).script):  # type: ignore[arg-type]
        for one in sized(examined(script, seed=seed)):
            if one.grade == "A":
                assert (one.told, one.told_cost) == (one.true, one.true_cost)


@FEW
@given(SEEDS)
def test_output_that_was_not_counted_is_told_beside_the_bill(seed: int) -> None:
    """Where all counts were taken while responses streamed, by their text; where they are final, nothing."""
    script = replace(random_script(seed, "claude"), noise=0.0)
    short, whole = (examined(replace(script, counts=counts), seed=seed) for counts in ("partial", "growing"))

    assert short.report.quality.shortfall == pytest.approx(short.truth.under_logged, rel=0.4, abs=10**9)
    assert whole.report.quality.shortfall == 0
    assert short.report.cost == short.truth.billed


@pytest.mark.parametrize("grade", ["B", "C"])
def test_other_blocks_are_within_the_range_of_their_grade(grade: str) -> None:
    """Nine of ten, in sessions whose logs tell all that entered; small ones are rounding."""
    found = [
        one
        for name in IDS
        for one in sized(examined(seeded(name, 3).script, seed=3))
        if one.grade == grade and one.true >= 50
    ]
    inside = sum(one.error * 100 <= WIDTHS[one.grade] for one in found)

    assert len(found) > 60
    assert inside > 0.9 * len(found)


@FEW
@given(st.sampled_from(sorted(EXACT)), st.integers(0, 999))
def test_a_cause_is_worth_what_billing_without_it_saves(name: str, seed: int) -> None:
    """Within a thousandth, in a world where the provider rounds nothing; never more."""
    for harness in harnesses(name):
        made = seeded(name, seed, harness)
        script = exact(made.script)
        told = examined(script, seed=seed)

        assert claimed(told, [name]) == pytest.approx(bill(script) - bill(without(script, name)), rel=0.001)


def test_several_causes_together_are_worth_what_billing_without_them_saves() -> None:
    """Overlaps taken out: within a thousandth where nothing is rounded, and of the bill within a two hundredth else."""
    seeds = range(20 if LONG else 2)
    for one in joints(seeds, rounded=False):
        assert one.claimed == pytest.approx(one.true, rel=0.001)
    for one in joints(seeds):
        assert abs(one.claimed - one.true) * 200 <= one.bill


@FEW
@given(SEEDS, HARNESSES)
def test_a_healthy_session_has_no_cache_events_and_no_notable_saving(seed: int, harness: str) -> None:
    """Nothing lost, nothing to blame."""
    report = examined(clean(seed, harness), seed=seed).report  # type: ignore[arg-type]

    assert report.anatomy.events == []
    assert [one.finding.id for one in report.verdict.findings if one.notable] == []
    assert report.verdict.avoidable == 0


@FEW
@given(SEEDS)
def test_events_are_what_premiums_were_paid_for(seed: int) -> None:
    """No event rewrites more than was expected or written; calls without one have lost no more than noise."""
    anatomy = examined(random_script(seed), seed=seed).report.anatomy
    by_call = {event.call: event for event in anatomy.events}
    for event in anatomy.events:
        call = anatomy.calls[event.call]
        assert event.rewritten <= min(event.lost, call.w1 + call.w5)
        assert event.resent <= call.u
        assert event.premium == _premium(anatomy, call)
    for call in anatomy.billed:
        if call.index not in by_call and call.expected:
            noise = 2_048 if anatomy.chains[call.chain].automatic else max(1_000, call.expected // 50)
            assert max(call.expected - call.r, 0) < noise


def _premium(anatomy: Anatomy, call: Billed) -> int:
    parts = charges.mechanisms(call)
    return parts[REWRITE_PREMIUM] + parts[RESEND_PREMIUM]


@FEW
@given(SEEDS, HARNESSES, st.floats(0.2, 0.9))
def test_more_calls_never_shorten_a_life(seed: int, harness: str, cut: float) -> None:
    """What a shorter log shows to have been read again, the longer one shows as often or oftener."""
    with shop() as home:
        truth = emit(random_script(seed, harness), str(home), seed=seed)  # type: ignore[arg-type]
        later = _lives(explained(home, harness, truth.session)[0].anatomy)
        (path,) = [path for path in logs.logs(home) if truth.session in path.name and "agent" not in path.name]
        lines = path.read_text().splitlines()
        _keep(path, lines[: max(int(len(lines) * cut), 1)])
        try:
            earlier = _lives(explained(home, harness, truth.session)[0].anatomy)
        except LookupError:  # not a single call is left
            return

    for spot, times in earlier.items():
        assert later[spot] >= times


def _keep(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))


def _lives(anatomy: Anatomy) -> Counter[Spot]:
    """In how many prompts each block of the main thread was; what a compaction kept is told once more."""
    found: Counter[Spot] = Counter()
    for piece in anatomy.pieces:
        if piece.block is not None and piece.chain == 0 and piece.tiles:
            found[piece.block.spot] += 1 + rereads(anatomy, piece.index)
    return found


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.integers(1, 4_000), st.integers(1, 4_000))
def test_a_higher_limit_never_saves_more(seed: int, one: int, two: int) -> None:
    """Of a long output that would have been cut."""
    anatomy = examined(seeded("big-output", seed).script, seed=seed).report.anatomy
    saved = []
    for limit in sorted((one, two)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(content, "LIMITS", dict.fromkeys(content.LIMITS, limit))
            joint = Savings(anatomy)
            for found in content.big_output(anatomy, None):  # type: ignore[arg-type]
                joint.add(found.claim)
            saved.append(joint.total)

    assert saved[0] >= saved[1]


@settings(max_examples=10, deadline=None)
@given(st.integers(330, 9_000), st.integers(0, 90_000))
def test_a_longer_pause_never_saves_a_cache(pause: int, more: int) -> None:
    """Once it has expired it has expired."""
    for seconds in (pause, pause + more):
        (event,) = examined(_paused(seconds)).report.anatomy.events
        assert event.cause == "expired"


def _paused(seconds: float) -> Script:
    return Script(
        (User(4_000), Call((Say(900),)), Pause(seconds), User(50), Call((Say(60),)), User(9), Call((Say(9),)))
    )


def test_what_a_compaction_dropped_is_not_carried_on() -> None:
    """Each block is in as many prompts as it really was."""
    steps = (User(4_000), Call((Say(900),)), User(70), Call((Say(300),)), Compact(800), User(50), Call((Say(60),)))
    told = examined(Script(steps))
    anatomy, sources = told.report.anatomy, told.report.subject.sources
    truly = {(block.file, block.line): block.seen for block in told.truth.blocks if block.line and block.seen}
    found = {(sources[spot.source], spot.line): times for spot, times in _lives(anatomy).items()}

    assert [one.reason for one in anatomy.segments if one.chain == 0] == ["start", "compaction"]
    assert len(found) >= 5
    assert all(truly[place] == times for place, times in found.items())
