"""Laws 1 to 5, 12, 14, 16 and 19: every pico-dollar is in its place, whatever the log says."""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laws_postmortem.logs import change
from laws_postmortem.whole import LONG, ROOTS, Examined, examined, explained, shop, workspace
from simulator import emit, random_script
from simulator.prices import SEARCH
from whyburn.api.postmortem.explain import subject_of, transcript
from whyburn.api.sources.scan import scan
from whyburn.harnesses import registry
from whyburn.ledger import bills as billing
from whyburn.postmortem import charges, growth, marginals
from whyburn.postmortem.dissect import dissect, verify
from whyburn.postmortem.ratios import measure

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from whyburn.ledger.bills import Bill
    from whyburn.postmortem.anatomy import Anatomy, Tile

SEEDS = st.integers(0, 10**9)
MANY = 10_000 if LONG else 150
SOME = 500 if LONG else 40
PRICED = ("input", "read", "write_5m", "write_1h")


def conserved(anatomy: Anatomy) -> None:
    """Each of the three views sums to the bill, and so do calls, segments and chains."""
    sources = marginals.by_source(anatomy)

    assert verify(anatomy) == []
    assert sum(row.cost for row in sources) == anatomy.cost
    assert sum(row.cost for row in marginals.by_kind(sources)) == anatomy.cost
    assert sum(row.cost for row in marginals.by_mechanism(anatomy)) == anatomy.cost
    assert sum(row.cost for row in marginals.by_turn(anatomy)) == anatomy.cost
    for call in anatomy.calls:
        assert sum(charges.mechanisms(call)) + call.generation + call.server == (call.cost or 0)
    for segment in anatomy.segments:
        tiles = sum(sum(anatomy.tiles[at].costs) for at in segment.tiles)
        assert tiles == sum(sum(charges.mechanisms(anatomy.calls[at])) for at in segment.calls)


def agrees(told: Examined) -> None:
    """The postmortem's bill is the ledger's, and the simulator's."""
    assert told.report.cost == told.total == told.owed


@settings(max_examples=MANY, deadline=None)
@given(SEEDS)
def test_the_parts_of_a_simulated_session_sum_to_its_bill(seed: int) -> None:
    """Whatever happened in it; and what was told of it by no log, no view invents."""
    told = examined(random_script(seed), seed=seed)
    anatomy = told.report.anatomy

    agrees(told)
    conserved(anatomy)
    tiles_cover(anatomy)
    bounded(told)
    assert sum(call.server for call in anatomy.calls) == SEARCH * sum(
        call.searches for chain in told.truth.chains for call in chain.calls
    )


def tiles_cover(anatomy: Anatomy) -> None:
    """Tiles follow each other without a gap, and what entered is what the prompt grew by."""
    for segment in anatomy.segments:
        tiles = [anatomy.tiles[at] for at in segment.tiles]
        calls = [anatomy.calls[at] for at in segment.calls]
        assert [tile.start for tile in tiles] == [0, *(tile.end for tile in tiles)][: len(tiles)]
        entered: Counter[int] = Counter()
        for tile in tiles:
            entered[tile.enter] += tile.tokens
        covered = entered[calls[0].index]
        assert covered >= calls[0].prompt
        for call in calls[1:]:
            assert entered[call.index] == max(call.prompt - covered, 0)
            covered = max(covered, call.prompt)


def bounded(told: Examined) -> None:
    """No finding saves more than there is, and what all save together is less than what each saves alone."""
    verdict, cost = told.report.verdict, told.report.cost
    counted = [one for one in verdict.findings if one.incremental]

    assert all(0 <= one.incremental <= one.saving <= cost for one in verdict.findings)
    assert all(0 <= one.low <= one.saving <= one.high for one in verdict.findings)
    assert verdict.avoidable == sum(one.incremental for one in counted) <= cost
    assert verdict.avoidable <= sum(one.saving for one in counted)


@settings(max_examples=SOME, deadline=None)
@given(SEEDS)
def test_a_sweep_gives_what_looking_at_every_call_gives(seed: int) -> None:
    """Each tile pays the sum of its overlaps with the bands of all calls, worked out one by one; none is negative."""
    anatomy = examined(random_script(seed), seed=seed).report.anatomy
    for tile in anatomy.tiles:
        parts = (charges.charge(anatomy, tile, anatomy.calls[at]) for at in anatomy.segments[tile.segment].calls)
        assert tile.costs == tuple(map(sum, zip(*parts, strict=True)))
        assert min(tile.costs) >= 0


@settings(max_examples=SOME, deadline=None)
@given(SEEDS, st.sampled_from(PRICED), st.integers(0, 5))
def test_each_price_pays_for_its_band_alone(seed: int, name: str, factor: int) -> None:
    """A price that is `factor` times what it was changes what its tokens cost and nothing else."""
    anatomy = examined(random_script(seed), seed=seed).report.anatomy
    before = sum(sum(tile.costs) for tile in anatomy.tiles)
    band = {"input": "u", "read": "r", "write_5m": "w5", "write_1h": "w1"}[name]
    paid = sum(getattr(call, band) * getattr(call.prices, name) for call in anatomy.billed if call.prices)
    for call in anatomy.billed:
        call.prices = call.prices and call.prices._replace(**{name: getattr(call.prices, name) * factor})
    charges.settle(anatomy)

    assert sum(sum(tile.costs) for tile in anatomy.tiles) == before + (factor - 1) * paid


@settings(max_examples=SOME, deadline=None)
@given(SEEDS)
def test_what_is_free_costs_nothing(seed: int) -> None:
    """No price, no charge."""
    anatomy = examined(random_script(seed), seed=seed).report.anatomy
    for call in anatomy.billed:
        call.prices = call.prices and type(call.prices)(*[0] * len(call.prices))
    charges.settle(anatomy)

    assert not any(any(tile.costs) for tile in anatomy.tiles)


@settings(max_examples=SOME, deadline=None)
@given(SEEDS)
def test_any_counters_are_conserved(seed: int) -> None:
    """Random bands, prompts that shrink a little and a lot, outputs that are larger than the growth that follows."""
    rng = Random(seed)
    with shop() as home:
        anatomy = _with_bills(home, seed, lambda bills: {row: _random_counts(bill, rng) for row, bill in bills})

    conserved(anatomy)
    tiles_cover(anatomy)


def _random_counts(bill: Bill, rng: Random) -> Bill:
    """The same call with other tokens, priced as before."""
    fresh, read, five, hour = (rng.choice((0, 3, 250, 9_000, rng.randrange(40_000))) for _ in range(4))
    output = rng.choice((0, 1, 700, rng.randrange(5_000)))
    prices = (
        bill.p_in or 0,
        bill.p_read or bill.p_in or 0,
        bill.p_5m or bill.p_in or 0,
        bill.p_1h or bill.p_5m or bill.p_in or 0,
    )
    cost = sum(a * b for a, b in zip((fresh, read, five, hour), prices, strict=True)) + output * (bill.p_out or 0)
    return bill._replace(input=fresh, cache_read=read, write_5m=five, write_1h=hour, write_other=0, output=output,
                         reasoning=rng.choice((None, 0, output // 2)), cost=cost)  # fmt: skip


def _with_bills(home: Path, seed: int, changed: object) -> Anatomy:
    """A random session taken apart with other bills."""
    script = random_script(seed)
    truth = emit(script, str(home), seed=seed)
    harness = registry.harness(script.harness)
    with scan(workspace(), harness, [str(home / ROOTS[script.harness])]) as (db, _), contextlib.ExitStack() as stack:
        (row,) = db.execute("SELECT id FROM session WHERE native = ?", (truth.session,)).fetchone()
        subject = subject_of(db, row)
        return dissect(
            script.harness, subject.id, transcript(harness, subject, stack),
            bills=changed(billing.bills(db, row).items()), row_of=lambda key: billing.row_of(db, key),  # type: ignore[operator]
        )  # fmt: skip


@settings(max_examples=SOME, deadline=None)
@given(SEEDS)
def test_a_log_that_was_cut_is_conserved(seed: int) -> None:
    """Lines that are missing, and lines that are broken."""
    rng = Random(seed)
    with shop() as home:
        script = random_script(seed, "claude")
        truth = emit(script, str(home), seed=seed)
        change(home, lambda lines: [lines[0], *(_perhaps(line, rng) for line in lines[1:]), lines[-1]])
        try:
            report, total = explained(home, "claude", truth.session)
        except LookupError:  # not a single response is left
            return

    conserved(report.anatomy)
    assert report.cost == total


def _perhaps(line: str, rng: Random) -> str:
    chance = rng.random()
    return line if chance > 0.15 else line[: rng.randrange(len(line))] if chance > 0.05 else "{}"


@settings(max_examples=SOME, deadline=None)
@given(SEEDS)
def test_nothing_is_charged_after_it_has_left(seed: int) -> None:
    """A tile costs nothing in the calls of another segment, and its bill ends with its segment."""
    anatomy = examined(random_script(seed), seed=seed).report.anatomy
    by_chain: defaultdict[int, list[Tile]] = defaultdict(list)
    for tile in anatomy.tiles:
        by_chain[anatomy.segments[tile.segment].chain].append(tile)
    for chain in anatomy.chains:
        for before, after in pairwise(anatomy.calls[at] for at in chain.calls):
            if before.segment != after.segment:
                left = [tile for tile in by_chain[chain.index] if tile.segment == before.segment]
                assert not any(any(charges.charge(anatomy, tile, after)) for tile in left)


@settings(max_examples=SOME, deadline=None)
@given(SEEDS)
def test_no_logged_text_is_larger_than_its_bytes_allow(seed: int) -> None:
    """What exceeds one and a half times the usual, and a little, is called unlogged."""
    anatomy = examined(random_script(seed), seed=seed).report.anatomy
    used = measure(anatomy)
    for tile in anatomy.tiles:
        piece = anatomy.pieces[tile.piece]
        if piece.block is not None and piece.made_by is None and not piece.block.opaque:
            weight = growth.weight(used, anatomy.calls[tile.enter], piece)
            assert tile.tokens <= weight * 3 // 2 + 64


@pytest.mark.parametrize("harness", ["claude", "codex"])
def test_a_model_without_a_price_has_tokens_and_no_dollars(harness: str) -> None:
    """It is listed, with its tokens; everything else is priced as before."""
    script = random_script(3, harness)  # type: ignore[arg-type]
    with shop() as home:
        truth = emit(script, str(home))
        change(home, lambda lines: [line.replace(script.model, "mystery-9") for line in lines])
        report, total = explained(home, harness, truth.session)
    hidden = [call for call in report.anatomy.billed if call.model == "mystery-9"]

    conserved(report.anatomy)
    assert hidden
    assert all(call.cost is None for call in hidden)
    assert report.quality.unpriced_calls == len(hidden)
    assert report.quality.unpriced_tokens == sum(call.prompt + call.o for call in hidden)
    assert report.cost == total
    assert sum(call.prompt + call.o for call in report.anatomy.billed) == sum(
        call.prompt + call.logged for chain in _own(truth.chains, harness) for call in chain.calls
    )


def _own(chains: list[object], harness: str) -> Iterable[object]:
    return chains[:1] if harness == "codex" else chains
