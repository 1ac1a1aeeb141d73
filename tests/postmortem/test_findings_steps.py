"""Steps and outputs that were not needed: polling, errors, single reads, discarded output, long searches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from postmortem.bodies import LARGE, USD, Body, Stall
from whyburn.postmortem.charges import context, input_cost, life_cost
from whyburn.postmortem.claims import saving
from whyburn.postmortem.findings.exploration import exploration
from whyburn.postmortem.findings.outputs import discarded_output, rewrite_for_edit
from whyburn.postmortem.findings.shown import Shown
from whyburn.postmortem.findings.steps import polling, serial_reads, tool_error
from whyburn.postmortem.targets import Target
from whyburn.transcript import Spot, Step, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.findings.interface import Detector, Finding


def found(detector: Detector, anatomy: Anatomy) -> list[Finding]:
    """What one detector finds."""
    return list(detector(anatomy, Stall()))


def removed(anatomy: Anatomy, call: int) -> int:
    """What a session would save without the one tool use of a call and the step that took in its result."""
    (use,) = (use for use in anatomy.uses if use.made == call)
    assert use.read is not None
    assert use.answer is not None
    return context(anatomy.calls[use.read]) + life_cost(anatomy, use.request) + input_cost(anatomy, use.answer)


# --- polling ----------------------------------------------------------------------------------------------------------


def polled(*answers: int, shapes: Iterable[int] = ()) -> Body:
    """A build is asked how it is, with these (steady) answers."""
    body = Body().prompt()
    shape = dict(enumerate(shapes))
    for at, answer in enumerate(answers):
        body.call().run("sleep 20; gh run view 7", 400, asked=40, same=answer, result={"shape": shape.get(at, 0)})
    return body.call(o=20)


def test_looks_between_the_first_and_the_last_are_not_needed() -> None:
    """Of four equal answers two are claimed, each with its step, its request and its result."""
    anatomy = polled(5, 5, 5, 5).build()

    (finding,) = found(polling, anatomy)

    doubled = sum(context_of_request(anatomy, call, 2) for call in (1,))
    assert saving(anatomy, finding.claim) == removed(anatomy, 1) + removed(anatomy, 2) - doubled
    assert finding.claim.steps == {2, 3}
    assert finding.title.startswith("2 looks by gh run view 7 ")
    assert finding.cause_grade == 2


def context_of_request(anatomy: Anatomy, call: int, step: int) -> int:
    """The part of a later step's context that the pieces of an earlier use are: removed with both, it counts once."""
    (use,) = (use for use in anatomy.uses if use.made == call)
    next_call = anatomy.calls[step + 1]
    pieces = [use.request, use.answer]
    return sum(
        anatomy.tiles[tile].tokens * LARGE.read
        for piece in pieces
        if piece is not None
        for tile in anatomy.pieces[piece].tiles
        if anatomy.tiles[tile].end <= next_call.old
    )


@pytest.mark.parametrize(
    ("body", "needless"),
    [
        pytest.param(polled(5, 5), 0, id="two looks"),
        pytest.param(polled(5, 6, 7, 8), 0, id="each tells something new"),
        pytest.param(polled(5, 6, 7, 8, shapes=(1, 1, 1, 1)), 2, id="only a count goes on"),
        pytest.param(polled(5, 5, 6), 1, id="the last one ends it"),
    ],
)
def test_what_tells_something_new_is_no_polling(body: Body, needless: int) -> None:
    """Polling needs three looks, and claims only those that showed what the one before had shown."""
    findings = found(polling, body.build())

    assert sum(len(finding.claim.steps) for finding in findings) == needless


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(lambda body: body.call().edit("a.py"), id="an edit"),
        pytest.param(lambda body: body.call().run("pytest -q", 90), id="other work"),
        pytest.param(lambda body: body.call(o=9).prompt(), id="a prompt"),
    ],
)
def test_work_between_looks_is_no_polling(between: Any) -> None:
    """Someone who does something while waiting looks now and then."""
    body = Body().prompt()
    for _ in range(2):
        body.call().use("wait", 400, same=5).call().use("wait", 400, same=5)
        between(body)

    assert found(polling, body.call().build()) == []


def test_tools_that_wait_are_looked_at_like_commands() -> None:
    """The action decides, not the name of the tool, and not for how long it is told to wait."""
    body = Body().prompt()
    for seconds in (1, 2, 4):
        body.call().use("wait", 400, name="Zzyzx", same=5, arguments=seconds)

    assert len(found(polling, body.call().build())) == 1


# --- errors -----------------------------------------------------------------------------------------------------------


def test_a_step_that_could_not_work_is_claimed_whole() -> None:
    """A failed edit costs its request, its result and the step."""
    body = Body().prompt().call().edit("a.py", 90, asked=800, result={"failure": "edit"}).call().edit("a.py").call()
    anatomy = body.build()

    (finding,) = found(tool_error, anatomy)

    assert saving(anatomy, finding.claim) == removed(anatomy, 0)
    assert "a.py could not be applied to the file" in finding.title
    assert finding.cause_grade == 3


@pytest.mark.parametrize(
    ("result", "errors"),
    [
        ({"failure": "malformed"}, 1),
        ({"failure": "denied"}, 1),
        ({"failure": "missing"}, 1),
        ({"failure": "failed", "exit_code": 127}, 1),
        ({"failure": "failed", "exit_code": 1}, 0),
        ({"failure": "interrupted"}, 0),
        ({"failure": "timeout"}, 0),
        ({"passed": False, "exit_code": 0}, 0),
        ({}, 0),
    ],
)
def test_failing_tests_are_work_and_not_errors(result: dict[str, Any], errors: int) -> None:
    """Only what could not begin its work is an error."""
    body = Body().prompt().call().run("make check", 300, result=result).call()

    assert len(found(tool_error, body.build())) == errors


def test_what_a_retry_loop_claims_is_no_error_as_well() -> None:
    """The same failing step twice is a loop; its parts are not counted again."""
    body = Body().prompt()
    for _ in range(2):
        body.call().run("maek", 60, same=3, result={"failure": "missing", "exit_code": 127})

    assert found(tool_error, body.call().build()) == []


def test_the_same_error_in_several_places_is_one_finding() -> None:
    """Errors about the same thing are counted in one title."""
    body = Body().prompt()
    for arguments in (1, 2):
        body.call().edit("a.py", arguments=arguments, result={"failure": "edit"})

    (finding,) = found(tool_error, body.call().build())

    assert finding.title.endswith("2 times")


# --- one by one -------------------------------------------------------------------------------------------------------

PATHS = ("src/shop/cart.py", "src/shop/tax.py", "src/shop/user.py", "src/shop/order.py")


def listed(*paths: str) -> Body:
    """A session in which a listing has shown some paths."""
    return Body().prompt().call().use("list", 200, path="src", result={"mentions": paths})


def read_all(body: Body, *paths: str) -> Body:
    """Each path is read in a call of its own."""
    for path in paths:
        body.call().read(path, 700)
    return body.call(o=20)


def test_reads_of_known_files_could_have_been_one_step() -> None:
    """One call would have taken all results in: the calls that took in the later ones need not have read the rest."""
    anatomy = read_all(listed(*PATHS), *PATHS).build()

    (finding,) = found(serial_reads, anatomy)

    assert finding.claim.steps == {3, 4, 5}
    assert saving(anatomy, finding.claim) == sum(context(anatomy.calls[call]) for call in (3, 4, 5))
    assert finding.cause_grade == 3


def test_absolute_and_relative_paths_name_one_file() -> None:
    """A listing may name a file from another folder than the read does."""
    body = read_all(listed(*PATHS), *(f"/home/ana/{path}" for path in PATHS))

    assert len(found(serial_reads, body.build())) == 1


def test_two_reads_are_no_row() -> None:
    """Two reads in a row are ordinary."""
    assert found(serial_reads, read_all(listed(*PATHS), *PATHS[:2]).build()) == []


def test_files_that_nobody_had_named_could_not_be_asked_for() -> None:
    """Each read may have been the answer to the one before."""
    assert found(serial_reads, read_all(listed(), *PATHS).build()) == []


def test_files_that_the_reads_themselves_name_were_not_known_before() -> None:
    """A path that the first file mentions is known after it, not before."""
    body = listed(PATHS[0]).call().read(PATHS[0], 700, result={"mentions": PATHS[1:]})

    assert found(serial_reads, read_all(body, *PATHS[1:3]).build()) == []


def test_files_that_a_person_named_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in a prompt may all be read at once."""
    monkeypatch.setattr("whyburn.postmortem.findings.steps.named_by_people", lambda *_: PATHS)

    assert len(found(serial_reads, read_all(Body().prompt(), *PATHS).build())) == 1


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(lambda body: body.call().edit(PATHS[0]), id="an edit"),
        pytest.param(lambda body: body.call(o=9).prompt(), id="a prompt"),
        pytest.param(lambda body: body.call().compact(), id="a compaction"),
        pytest.param(lambda body: body.call().read(PATHS[3], 9, result={"failure": "missing"}), id="a failure"),
        pytest.param(lambda body: body.call().read("a.py", 9).read("b.py", 9), id="a call with two reads"),
    ],
)
def test_other_work_ends_a_row(between: Any) -> None:
    """Two reads, something else, two reads: no row of three."""
    body = between(listed(*PATHS).call().read(PATHS[0], 700).call().read(PATHS[1], 700))

    assert found(serial_reads, read_all(body, *PATHS[2:]).build()) == []


# --- discarded output -------------------------------------------------------------------------------------------------


def stopped(anatomy: Anatomy, call: int, reason: str) -> Anatomy:
    """The same session, with the reason for which a response ended."""
    anatomy.calls[call].step = Step(b"", Spot(0, 1, 0), None, None, "large", (0, 0, 0, 0, 0, 0, None), stop=reason)
    return anatomy


@pytest.mark.parametrize(("reason", "findings"), [("max_tokens", 1), ("length", 1), ("end_turn", 0), ("tool_use", 0)])
def test_an_answer_that_was_cut_is_discarded(reason: str, findings: int) -> None:
    """Output that ran into the limit costs its generation and its echo."""
    anatomy = stopped(Body().prompt().call().say(4_000).call(o=300).call().build(), 0, reason)

    same = found(discarded_output, anatomy)

    assert len(same) == findings
    for finding in same:
        assert saving(anatomy, finding.claim) == life_cost(anatomy, anatomy.calls[0].made[0])


def test_a_cut_response_whose_tool_ran_was_used() -> None:
    """What a tool has answered is no waste."""
    anatomy = Body().prompt().call().run("make", 90).call(o=300).build()

    assert found(discarded_output, stopped(anatomy, 0, "max_tokens")) == []


@pytest.mark.parametrize(("kind", "final", "findings"), [
    ("interrupted", False, 1), ("api_error", False, 1), ("interrupted", True, 0), ("rate_limit", False, 0),
])  # fmt: skip
def test_a_response_that_was_broken_off_is_discarded(kind: Any, final: bool, findings: int) -> None:
    """An interruption or an error right after an unfinished response; a finished one was read."""
    anatomy = Body().prompt().call(final=final).say(900).call(o=30).build()
    anatomy.calls[1].troubles.append(Trouble(None, Spot(0, 9, 0), None, kind))

    same = found(discarded_output, anatomy)

    assert len(same) == findings
    assert all(finding.size_grade == "C" for finding in same)


def written(body: Body, path: str = "src/new.py", tokens: int = 1_500) -> Body:
    """A file is written whole."""
    return body.call().use("write", 30, path=path, changes=(path,), asked=tokens)


def test_a_file_written_twice_at_once_was_written_once_for_nothing() -> None:
    """The first of two writes with nothing between is claimed: what it took to write it and to carry it."""
    anatomy = written(written(Body().prompt())).call().build()

    (finding,) = found(discarded_output, anatomy)

    assert saving(anatomy, finding.claim) == life_cost(anatomy, anatomy.uses[0].request)


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(lambda body: body.call().run("python src/new.py", 90), id="run"),
        pytest.param(lambda body: body.call().read("src/new.py", 90), id="read"),
        pytest.param(lambda body: body.call(o=9).prompt(), id="a person's words"),
        pytest.param(lambda body: body.call().edit("src/new.py"), id="edit of it"),
    ],
)
def test_a_file_that_was_used_before_it_was_written_again_was_not_discarded(between: Any) -> None:
    """Running, reading, editing and talking about a file are uses of it."""
    assert found(discarded_output, written(between(written(Body().prompt()))).call().build()) == []


# --- whole files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tokens", "findings"), [(1_500, 1), (1_700, 1), (900, 0), (2_400, 0)])
def test_a_known_file_written_again_at_its_size_is_exposed(tokens: int, findings: int) -> None:
    """Nobody tells how much changed, so it is no saving; other sizes mean other files."""
    anatomy = written(Body().prompt().call().read("src/new.py", 1_500), tokens=tokens).call().build()

    same = found(rewrite_for_edit, anatomy)

    assert len(same) == findings
    for finding in same:
        assert saving(anatomy, finding.claim) == 0
        assert finding.exposure == life_cost(anatomy, anatomy.uses[1].request)


def test_new_files_and_small_edits_are_no_rewrites() -> None:
    """A file that was not known, a part of it, and an edit of a few lines."""
    body = written(Body().prompt().call().read("src/new.py", 1_500, span=(1, 90)))
    body = written(body, "src/other.py").call().edit("src/other.py", asked=80)

    assert found(rewrite_for_edit, body.call().build()) == []


# --- exploration ------------------------------------------------------------------------------------------------------


def explored(steps: int = 10, edited: int = 0, after: int = 20) -> Anatomy:
    """After a long talk so many files are read in a row, some are edited, and more work follows."""
    body = Body(hour=True).chain(harness=5_000).prompt().enter("attachment", 40_000).call(o=20).prompt()
    for at in range(steps):
        body.call().read(f"src/part{at}/main.py", 2_000, asked=50)
    for at in range(edited):
        body.call().edit(f"src/part{at}/main.py")
    for _ in range(after):
        body.call().run("make", 50)
    return body.call().build()


def test_a_sub_agent_would_have_kept_a_search_out_of_the_conversation() -> None:
    """The claim is what presenting and carrying cost, less the sub-agent's own prompt and its report."""
    anatomy = explored()

    (finding,) = found(exploration, anatomy)

    presented = 9 * anatomy.calls[1].prompt * LARGE.read
    own = 5_000 * (LARGE.write_5m + 10 * LARGE.read)
    carried = 10 * 2_050 * 20 * LARGE.read
    report = 2_000 * (LARGE.output + LARGE.write_1h + 20 * LARGE.read)
    assert saving(anatomy, finding.claim) == pytest.approx(presented - own + carried - report, abs=100)
    searched = [piece for use in anatomy.uses[:10] for piece in (use.request, use.answer or 0)]
    assert finding.exposure == sum(life_cost(anatomy, piece) for piece in searched)
    assert finding.cause_grade == 4


@pytest.mark.parametrize(("steps", "edited", "findings"), [(7, 0, 0), (8, 0, 1), (10, 2, 1), (10, 3, 0), (10, 10, 0)])
def test_a_search_is_long_and_of_little_use(steps: int, edited: int, findings: int) -> None:
    """Eight steps, of whose files at most a fifth come up again."""
    assert len(found(exploration, explored(steps, edited))) == findings


def test_where_delegating_would_cost_more_nothing_is_claimed() -> None:
    """A short conversation with a large system prompt: the search is shown with what it cost, and no saving."""
    body = Body().chain(harness=60_000).prompt()
    for at in range(9):
        body.call().read(f"src/part{at}/main.py", 100)
    anatomy = body.call().build()

    (finding,) = found(exploration, anatomy)

    assert saving(anatomy, finding.claim) == 0
    assert finding.exposure
    assert "sub-agent" not in finding.fix


# --- what they share --------------------------------------------------------------------------------------------------


def test_known_lines_grow_together() -> None:
    """Ranges that touch are one; a whole file knows all of its lines, and lines without numbers are never known."""
    shown = Shown()
    for span in ((1, 50), (90, 120), (51, 89)):
        shown.add(Target("a.py", span, whole=False))

    assert shown.knows(Target("a.py", (10, 110), whole=False))
    assert not shown.knows(Target("a.py", (10, 121), whole=False))
    assert not shown.knows(Target("a.py"))
    shown.add(Target("b.py"))
    assert shown.knows(Target("b.py", (7, 9), whole=False))
    shown.add(Target("c.py", None, whole=False))
    assert not shown.knows(Target("c.py", None, whole=False))


def test_unpriced_sessions_are_looked_at_too() -> None:
    """Without prices findings stand, and their savings are zero."""
    body = Body(model="old").prompt()
    for _ in range(4):
        body.call().use("wait", 400, same=5)
    anatomy = body.call().build()

    (finding,) = found(polling, anatomy)

    assert saving(anatomy, finding.claim) == 0
    assert anatomy.cost < USD
