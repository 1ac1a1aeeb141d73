"""The picture of a session as geometry: exact whatever is folded, stacked by kind, and true to the prompt."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from postmortem.bodies import Body
from views.sessions import a_long_session, a_shop_session
from whyburn.postmortem import marginals
from whyburn.postmortem.families import FAMILIES, by_family, families_of
from whyburn.postmortem.stacks import ORDER
from whyburn.postmortem.strata import draw

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.stacks import Stack
    from whyburn.postmortem.strata import Plot

MOVES = st.sampled_from(["read", "run", "say", "think", "lose", "compact", "prompt", "small", "unpriced", "search"])


@st.composite
def anatomies(draw_: st.DrawFn) -> Anatomy:
    """Sessions with all that can happen between two calls, some with a sub-agent, some begun by another session."""
    body = Body(hour=draw_(st.booleans())).prompt(draw_(st.integers(0, 500)))
    for _ in range(draw_(st.integers(0, 2))):
        body.call(billed=False).say(30)
    body.call().say(5)
    _moves(body, draw_(st.lists(st.tuples(MOVES, st.integers(1, 9_000)), max_size=14)))
    if draw_(st.booleans()):
        body.use("spawn", 200, name="Task", id="spawned").call()
        body.chain("agent-1", name="explorer", request="spawned").prompt(90).call().say(3)
        _moves(body, draw_(st.lists(st.tuples(MOVES, st.integers(1, 9_000)), max_size=6)))
    return body.build()


def _moves(body: Body, moves: list[tuple[str, int]]) -> None:
    for at, (move, size) in enumerate(moves):
        if move in {"read", "run", "search"}:
            body.use(move, size, path=f"/w/{at}.py" if move == "read" else None).call()
        elif move == "compact":
            body.compact(size).call()
        elif move == "lose":
            body.call(r=0)
        elif move in {"say", "think"}:
            body.say(size, "thinking" if move == "think" else "assistant-text").call()
        else:
            body.prompt(size).call(model={"small": "small", "unpriced": "old"}.get(move, ""))


def drawn_cost(plots: list[Plot]) -> int:
    """Pico-dollars of all stripes."""
    return sum(stripe.pico for plot in plots for stripe in plot.stripes)


@given(anatomies(), st.integers(1, 40))
@settings(max_examples=150, deadline=None)
def test_stripes_and_rest_are_the_bill(anatomy: Anatomy, most: int) -> None:
    """However much is folded, the stripes, the output and the fees sum to the bill, and so do the bars."""
    plots = draw(anatomy, stripes=most, bars=most)

    rest = sum(piece.generation for piece in anatomy.pieces) + sum(call.server for call in anatomy.calls)
    assert anatomy.cost == drawn_cost(plots) + rest
    assert anatomy.cost == sum(plot.cost for plot in plots)
    assert all(bar.pico == sum(bar.ways) for plot in plots for bar in plot.bars)


@given(anatomies())
@settings(max_examples=100, deadline=None)
def test_an_area_is_what_was_sent(anatomy: Anatomy) -> None:
    """The areas of all stripes sum to the tokens of all prompts, as long as prompts only grow."""
    plots = draw(anatomy)

    sent = sum(stripe.sent for plot in plots for stripe in plot.stripes)
    assert sum(call.prompt for call in anatomy.billed) == sent


def heights(stack: Stack, column: int, way: Literal["tokens", "rate"]) -> list[int]:
    """How high each stripe of a stack is drawn in a column, from the bottom up: what lower ones do not cover."""
    found, ground = [], 0
    for stripe in stack.stripes:
        curve = [getattr(step, way) for step in stack.curves[stripe.curve] if step.column <= column]
        top = curve[-1] + (stripe.over if way == "tokens" else stripe.over_rate) if column >= stripe.column else ground
        found.append(top - ground)
        ground = top
    return found


def columns_of(stack: Stack) -> range:
    """Where a stack stands."""
    return range(stack.curves[0][0].column, stack.until)


@given(anatomies(), st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_what_is_drawn_of_a_stripe_is_its_tokens_and_its_dollars(anatomy: Anatomy, most: int) -> None:
    """Painted from the top down, each stripe keeps exactly the area that was sent for it, or paid for it."""
    for stack in (stack for plot in draw(anatomy, stripes=most) for stack in plot.stacks):
        sizes = [heights(stack, column, "tokens") for column in columns_of(stack)]
        rates = [heights(stack, column, "rate") for column in columns_of(stack)]
        for at, stripe in enumerate(stack.stripes):
            assert all(size[at] >= 0 for size in sizes)
            assert stripe.sent == sum(size[at] for size in sizes)
            assert stripe.tokens == sizes[-1][at]
            rounded = stripe.pico - sum(rate[at] for rate in rates)
            assert 0 <= rounded < stripe.pieces * len(columns_of(stack)), "a pico-dollar a call at most"


@given(anatomies(), st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_a_stack_is_as_high_as_what_had_entered(anatomy: Anatomy, most: int) -> None:
    """In each column a segment reaches to the tokens of all blocks that are in the prompt of its call."""
    for plot in draw(anatomy, stripes=most):
        for stack in plot.stacks:
            tiles = [anatomy.tiles[at] for at in anatomy.segments[stack.segment].tiles]
            for column in columns_of(stack):
                call = plot.columns[column]
                assert call is not None
                entered = sum(tile.tokens for tile in tiles if tile.enter <= call)
                assert entered == sum(heights(stack, column, "tokens"))


@given(anatomies(), st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_kinds_lie_in_one_order(anatomy: Anatomy, most: int) -> None:
    """From the bottom up no kind comes twice; in a kind large blocks lie as they entered, the small ones on them."""
    for stack in (stack for plot in draw(anatomy, stripes=most) for stack in plot.stacks):
        assert [ORDER.index(one.family) for one in stack.stripes] == sorted(
            ORDER.index(one.family) for one in stack.stripes
        )
        for below, above in pairwise(stack.stripes):
            if below.family == above.family:
                assert below.over, "a band is the last of its kind"
                assert not above.over or above.column >= below.column


def test_every_kind_has_its_place_and_its_name() -> None:
    """All families but fees, which no prompt holds, are stacked."""
    assert sorted(ORDER) == sorted(set(FAMILIES) - {"fees"})


@given(anatomies())
@settings(max_examples=100, deadline=None)
def test_families_and_ways_partition_the_bill(anatomy: Anatomy) -> None:
    """Rows and columns of the table of families by ways are those of the three views, to the pico-dollar."""
    rows = by_family(anatomy, families_of(anatomy))

    by_way = {row.kind: row.cost for row in marginals.by_mechanism(anatomy)}
    assert anatomy.cost == sum(row.cost for row in rows)
    assert by_way.get("generation", 0) == sum(row.ways.output for row in rows)
    assert by_way.get("entry", 0) == sum(row.ways.new for row in rows)
    premiums = by_way.get("rewrite_premium", 0) + by_way.get("resend_premium", 0)
    assert premiums == sum(row.ways.lost for row in rows)


def test_a_large_session_is_folded_to_the_bound() -> None:
    """Thousands of blocks become at most the stripes that were asked for, and nothing is lost."""
    anatomy = a_long_session(1_500, 5_000).build()

    plots = draw(anatomy)

    assert sum(len(plot.stripes) for plot in plots) <= 400
    assert sum(len(plot.bars) for plot in plots) <= 300
    assert sum(stripe.pieces for plot in plots for stripe in plot.stripes) == sum(
        1 for tile in anatomy.tiles if tile.tokens and tile.enter < len(anatomy.calls)
    )


def test_large_blocks_stay_alone() -> None:
    """What can be seen is never folded into its neighbours, whatever is."""
    plot = draw(a_shop_session().build(), stripes=8)[0]

    lockfile = max(plot.stripes, key=lambda stripe: stripe.pico)
    assert (lockfile.family, lockfile.pieces, lockfile.tokens) == ("read", 1, 26_000)


def test_the_coarsest_picture_is_a_stripe_a_segment() -> None:
    """Where nothing may be drawn alone, a segment is one stripe of the kind that most of it is."""
    main, agents = draw(a_shop_session().build(), stripes=1)

    assert [[stripe.family for stripe in stack.stripes] for stack in main.stacks] == [["read"], ["system"]]
    assert [len(stack.stripes) for stack in agents.stacks] == [1]


def test_kinds_too_flat_to_be_seen_share_a_band() -> None:
    """A few tokens of a kind move into the band of a flat neighbour; what can be seen keeps its kind for itself."""
    body = Body().prompt(90).call().say(40).think(70).read("/w/big.py", 90_000).call()

    (plot,) = draw(body.build())

    kinds = [(stripe.family, stripe.tokens, stripe.pieces) for stripe in plot.stripes]
    assert kinds == [("system", 10_000, 1), ("user", 90, 1), ("read", 90_000, 1), ("thinking", 130, 3)]


def test_calls_of_another_session_take_no_column() -> None:
    """A copied history is not paid for here: its calls are not drawn, its content begins at the first own call."""
    body = Body().prompt(100)
    for _ in range(3):
        body.call(billed=False).say(40)
    anatomy = body.call().say(10).call().build()

    (plot,) = draw(anatomy)

    assert plot.columns == [3, 4]
    assert {stripe.column for stripe in plot.stripes} == {0, 1}


def test_sub_agents_have_a_plot_of_their_own() -> None:
    """The second plot shows every sub-agent as a section, and the first one the call that started it."""
    main, agents = draw(a_shop_session().build())

    started = [mark for mark in main.marks if mark.kind == "agent"]
    assert [mark.target for mark in started] == [section.chain for section in agents.sections] == [1]
    assert {stripe.family for stripe in agents.stripes} >= {"system", "read"}


def test_marks_tell_what_happened_between_calls() -> None:
    """Turns, lost caches, switches of the model there and back, and the compaction are marked at their calls."""
    main = draw(a_shop_session().build())[0]

    kinds = [mark.kind for mark in main.marks]
    assert (kinds.count("turn"), kinds.count("rebuild"), kinds.count("model"), kinds.count("compaction")) == (
        3,
        1,
        2,
        1,
    )
    (lost,) = (mark for mark in main.marks if mark.kind == "rebuild")
    assert main.columns[lost.column] == lost.target


def test_side_requests_are_no_compactions() -> None:
    """Requests beside the conversation share no prompt; that a new one begins each time is not marked."""
    body = Body().prompt(50).call().say(5)
    body.chain("side-1", name="auxiliary").prompt(10).call()
    body.compact(30).call()
    anatomy = body.build()
    anatomy.chains[1].side = True

    _, agents = draw(anatomy)

    assert not [mark for mark in agents.marks if mark.kind == "compaction"]


def test_a_session_without_own_calls_has_no_plot() -> None:
    """Nothing billed, nothing drawn."""
    assert draw(Body().prompt(10).call(billed=False).build()) == []
