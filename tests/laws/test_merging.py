"""The pure functions behind Law 1: which of two copies is better, and which variants of a group count."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from whyburn.ledger.groups import GROUP, Variant, counted
from whyburn.model import INHERITED, OWN, SIDECHAIN, TENTATIVE, Call, better, call_key

COUNTS = st.integers(0, 3)
COPIES = st.builds(
    Call,
    key=st.just(call_key("claude", "m", "r")),
    session=st.sampled_from(["s1", "s2"]),
    agent=st.sampled_from([None, "a1"]),
    at_ms=COUNTS,
    input=st.none() | COUNTS,
    output=st.none() | COUNTS,
    reasoning=st.none() | COUNTS,
    cache_read=COUNTS,
    write_5m=COUNTS,
    write_1h=st.just(0),
    write_other=st.none(),
    evidence=st.sampled_from([INHERITED, TENTATIVE, SIDECHAIN, OWN]),
    pos=COUNTS,
    model=st.sampled_from(["x", "y"]),
    searches=COUNTS,
    parts=st.none() | st.just(((1, 2, 3, 4, 5), (1, 2, 3, 4, 5))),
)
VARIANTS = st.lists(
    st.tuples(st.sampled_from([0, 1, 2, 3]), st.sampled_from([INHERITED, TENTATIVE, SIDECHAIN, OWN]), COUNTS),
    min_size=1, max_size=5, unique_by=lambda one: one[0],
)  # fmt: skip


@given(COPIES, COPIES)
def test_the_better_copy_does_not_depend_on_the_order(one: Call, other: Call) -> None:
    """Commutative: two sides of a merge agree on the record."""
    assert better(one, other) == better(other, one)


@given(COPIES, COPIES, COPIES)
def test_the_better_copy_does_not_depend_on_the_grouping(a: Call, b: Call, c: Call) -> None:
    """Associative: batches may be merged in any pieces."""
    assert better(better(a, b), c) == better(a, better(b, c))


@given(COPIES)
def test_a_copy_is_no_better_than_itself(one: Call) -> None:
    """Idempotent: reading again changes nothing."""
    assert better(one, one) == one


@given(COPIES, COPIES)
def test_the_better_copy_is_one_of_the_two(one: Call, other: Call) -> None:
    """A record is kept whole, never mixed of two."""
    assert better(one, other) in (one, other)


@settings(max_examples=200)
@given(VARIANTS, st.integers(0, 1000))
def test_what_counts_in_a_group_does_not_depend_on_the_order(rows: list[tuple[int, int, int]], seed: int) -> None:
    """A pure function of the set of variants, however they are listed."""
    variants = [_variant(*row) for row in rows]
    shuffled = Random(seed).sample(variants, len(variants))

    assert counted(variants) == counted(shuffled)
    assert counted(variants) == counted(iter(variants))


@settings(max_examples=200)
@given(VARIANTS)
def test_history_never_counts_and_something_else_always_does(rows: list[tuple[int, int, int]]) -> None:
    """Inherited records never count; a group with any other record has at least one call."""
    variants = [_variant(*row) for row in rows]
    able = {one.call for one in variants if one.evidence > INHERITED}

    assert counted(variants) <= able
    assert bool(counted(variants)) == bool(able)


def test_a_record_without_a_request_joins_the_only_one_that_has_one() -> None:
    """The better of the two stands for the call; with two requests the bare record is a copy of one of them."""
    bare, first, second = _variant(0, OWN, 3), _variant(1, OWN, 2), _variant(2, OWN, 1)

    assert {bare.call} == counted([bare, first])
    assert {first.call, second.call} == counted([bare, first, second])


def test_side_conversations_do_not_count_beside_the_main_line() -> None:
    """A replay under a new request id is the same call as the main line's record."""
    main, replay = _variant(1, OWN, 1), _variant(2, SIDECHAIN, 3)

    assert {main.call} == counted([replay, main])


def _variant(number: int, evidence: int, order: int) -> Variant:
    key = call_key("claude", "m", str(number) if number else None)
    assert len(key[:GROUP]) == 10
    return Variant(key, number, evidence, (order, number))
