"""How sizes are found and graded, on logs of sessions whose true sizes are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from laws_postmortem.whole import Examined, examined
from simulator import seeded
from simulator.script import Attach, Call, Compact, Notice, Result, Rewind, Say, Script, Think, Tools, Use, User
from whyburn.postmortem.ratios import Ratios

if TYPE_CHECKING:
    from simulator.script import Action

LONG_READS = tuple(
    Call((Use("read", Result(2_000, "code"), path=f"src/cart/part{n}.py"),)) for n in range(4)
)  # enough to measure bytes per token
END = Call((Say(50),))


def graded(told: Examined, kind: str) -> list[str]:
    """The grades of all pieces of a kind."""
    anatomy = told.report.anatomy
    return [anatomy.tiles[at].grade for piece in anatomy.pieces if piece.kind == kind for at in piece.tiles]


def sizes(told: Examined, kind: str) -> list[int]:
    """Their tokens."""
    anatomy = told.report.anatomy
    return [anatomy.tiles[at].tokens for piece in anatomy.pieces if piece.kind == kind for at in piece.tiles]


def session(*actions: Action, **settings: object) -> Examined:
    """A session that begins with some reads."""
    return examined(replace(Script((User(90), *LONG_READS, *actions, END)), **settings))  # type: ignore[arg-type]


def test_an_output_of_one_part_is_measured() -> None:
    """Its counter is its size; and so is that of an answer beside thinking that is counted apart."""
    told = session(Call((Say(300),)), User(20), Call((Think(200), Say(100))), User(20))

    assert graded(told, "assistant-text") == ["A", "A"]
    assert sizes(told, "assistant-text") == [300, 100]
    assert graded(told, "thinking") == ["A"]


def test_an_output_of_several_parts_is_split_by_bytes() -> None:
    """Only their sum is measured."""
    told = session(Call((Say(300), Use("run", Result(400), command="make check"))))

    assert graded(told, "assistant-text") == ["B"]
    assert graded(told, "tool-call")[-1] == "B"


def test_parts_are_estimated_where_no_ratio_was_measured() -> None:
    """Without any gap that tells bytes per token the split is worth less."""
    told = examined(Script((User(90), Call((Say(300), Use("run", Result(20), command="make check"))), END)))

    assert graded(told, "assistant-text") == ["C"]


def test_what_begins_a_segment_is_estimated() -> None:
    """The first prompt, and the one after a compaction."""
    told = session(Compact(900), User(30), Call((Say(40),)), User(9))

    assert set(graded(told, "summary")) == {"C"}
    assert graded(told, "user")[0] == "C"


def test_going_back_keeps_what_came_before_the_prompt_that_was_taken_back() -> None:
    """Results that answered the last step, and context that the harness had added."""
    look = Call((Use("run", Result(700), command="make check"),))
    told = session(
        look,
        Attach("hook", 300, "Stop"),
        User(40),
        Call((Say(80),)),
        User(400),
        Call((Say(9),)),
        Rewind(1),
        User(60),
        Call((Say(10),)),
    )
    anatomy = told.report.anatomy
    (segment,) = (one for one in anatomy.segments if one.reason == "rewind")
    kept = [anatomy.pieces[anatomy.tiles[at].piece] for at in segment.tiles]

    assert sum(piece.kind == "tool-result" for piece in kept) == 5
    assert sum(piece.kind == "attachment" for piece in kept) == 1
    assert sizes(told, "user")[-1] == pytest.approx(60, abs=6)


def test_textures_that_were_not_measured_follow_those_that_were() -> None:
    """Prose has more bytes a token than code, data has fewer, whatever the tokenizer."""
    code = Ratios(("opus", "code", milli) for milli in (2_000, 2_000, 2_000))

    assert code.of("opus", "code").milli == 2_000
    assert code.of("opus", "data").milli < 2_000 < code.of("opus", "prose").milli
    assert code.of("opus", "prose").origin == "family"
    assert Ratios([]).of("opus", "code").milli == 3_000


def test_a_count_that_its_own_text_does_not_fit_in_is_not_final() -> None:
    """Whatever the version of the harness promises: then the text tells the size, and the rest is told apart."""
    told = session(Call((Say(400),)), User(20), counts="partial")

    assert not any(call.final for call in told.report.anatomy.calls if call.made)
    assert sizes(told, "assistant-text")[0] > 200
    assert told.report.quality.shortfall > 0


@pytest.mark.parametrize("warm", ["nothing", "tools", "floor"])
def test_instructions_that_were_edited_are_named_as_the_cause(warm: str) -> None:
    """Also where no other call tells how long the system prompt is."""
    script = replace(seeded("cache-system", 5).script, warm=warm)  # type: ignore[arg-type]
    (event,) = examined(script).report.anatomy.events

    assert (event.cause, event.likely) == ("system", True)
    assert event.detail.endswith("CLAUDE.md") or warm == "floor"


def test_a_background_task_that_reports_is_not_blamed_for_instructions() -> None:
    """The history was rewritten; no file of instructions was."""
    told = session(Tools("tracker", 40), User(9), Call((Say(30),)), Notice(70, breaks=True), warm="floor")

    assert [event.cause for event in told.report.anatomy.events] == ["history"]
