"""What the deep reader of Claude Code tells of a session."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harnesses.claude_deep import MODEL, SESSION, Log, skimmed, text, told, tool
from whyburn.harnesses.content import measure
from whyburn.model import call_key
from whyburn.transcript import (
    Block,
    Change,
    Compaction,
    Rewind,
    Skipped,
    Spawn,
    Step,
    ToolCall,
    ToolResult,
    Trouble,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from whyburn.transcript import TranscriptItem

T = TypeVar("T")
NO_CLOCK = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def of(kind: type[T], items: Iterable[Any]) -> list[T]:
    """The items of one type."""
    return [item for item in items if isinstance(item, kind)]


def shape(items: Iterable[TranscriptItem]) -> list[str]:
    """Kinds of blocks and names of other items, in order."""
    return [item.kind if isinstance(item, Block) else type(item).__name__ for item in items]


def key(number: int) -> bytes:
    """Of response `number`."""
    return call_key("claude", f"msg_{number}", f"req_{number}")


def result_of(folder: Path, content: Any, *, error: bool = False, **fields: Any) -> ToolResult:
    """The facts of one result."""
    log = Log()
    log.says(1, tool("Bash", command="make"))
    log.result("toolu_1", content, error=error, **fields)
    (facts,) = [one.tool for one in of(Block, told(folder, log)) if isinstance(one.tool, ToolResult)]
    return facts


def call_of(folder: Path, name: str, **arguments: Any) -> ToolCall:
    """The facts of one call."""
    log = Log()
    log.says(1, tool(name, **arguments))
    (facts,) = [one.tool for one in of(Block, told(folder, log)) if isinstance(one.tool, ToolCall)]
    return facts


def a_session() -> Log:
    """A prompt, two parallel reads whose results stand between the lines of their response, and an answer."""
    log = Log()
    log.user("Why is the total wrong?", permissionMode="default")
    log.says(1, {"type": "thinking", "thinking": "Look first.", "signature": "AbC"}, output=4)
    log.says(1, tool("Read", "toolu_1", file_path="/home/ana/shop/cart.py"), output=9)
    asked = log.says(1, tool("Bash", "toolu_2", command="pytest -q"), output=80, stop="tool_use")
    log.result("toolu_1", "     1→total = 0\n", toolUseResult={
        "type": "text", "file": {"filePath": "/home/ana/shop/cart.py", "content": "total = 0", "startLine": 1,
                                 "numLines": 1}})  # fmt: skip
    log.result("toolu_2", "Exit code 1\n1 failed, 3 passed in 0.12s", error=True, parent=asked)
    log.attach("total_tokens_reminder", text="<total_tokens>900 tokens left</total_tokens>")
    log.says(2, "The sum begins too late.", output=30, stop="end_turn")
    return log


def test_steps_come_before_what_they_put_out_and_that_before_what_came_in(tmp_path: Path) -> None:
    """A response is one step, whole, although its lines stand between the results of its tools."""
    items = told(tmp_path, a_session())

    assert shape(items) == [
        "user", "Step", "thinking", "tool-call", "tool-call", "tool-result", "tool-result", "attachment", "Step",
        "assistant-text",
    ]  # fmt: skip
    assert [(step.key, step.counts[5], step.stop) for step in of(Step, items)] == [
        (key(1), 80, "tool_use"), (key(2), 30, "end_turn")
    ]  # fmt: skip


def test_lines_between_results_join_their_response(tmp_path: Path) -> None:
    """A result that is logged before the last line of its response still comes after all that was put out."""
    log = Log()
    log.says(1, tool("Read", "toolu_1", file_path="a.py"))
    log.result("toolu_1", "a")
    log.says(1, tool("Read", "toolu_2", file_path="b.py"))
    log.result("toolu_2", "b")

    assert shape(told(tmp_path, log)) == ["Step", "tool-call", "tool-call", "tool-result", "tool-result"]


def test_keys_are_those_of_the_ledger(tmp_path: Path) -> None:
    """Every step has the key, model and counts of the call that `skim` finds, with and without ids."""
    log = a_session()
    log.says(3, "no request id", requestId=None)
    log.says(4, "no message id", message={"id": None})
    log.says(5, "neither id nor uuid", message={"id": None}, uuid=None)
    log.says(6, "empty", message={"usage": {"input_tokens": 0, "output_tokens": 0}})
    items = told(tmp_path, log)
    calls = skimmed(tmp_path)

    assert {step.key for step in of(Step, items)} == set(calls)
    for step in of(Step, items):
        call = calls[step.key]
        assert (step.model, step.agent) == (MODEL, call.agent)
        assert sum(step.counts[:5]) == call.prompt


def test_a_block_is_measured_as_content_says(tmp_path: Path) -> None:
    """Size and hash are those of the text; the place is its line."""
    items = told(tmp_path, a_session())
    first = of(Block, items)[0]

    assert first.size == len("Why is the total wrong?")
    assert first.hash == measure("Why  is the total\nwrong?").hash
    assert (first.spot.source, first.spot.line, first.spot.pos) == (0, 1, 0)
    assert first.prompt


def test_results_are_sized_by_what_the_model_saw(tmp_path: Path) -> None:
    """The structured echo beside a result gives facts, never size."""
    read = of(Block, told(tmp_path, a_session()))[4]

    assert isinstance(read.tool, ToolResult)
    assert (read.tool.path, read.tool.span) == ("/home/ana/shop/cart.py", (1, 1))
    assert read.size == len("     1→total = 0\n".encode())


@pytest.mark.parametrize(
    ("content", "failure"),
    [
        ("Exit code 2\nmake: *** no rule", "failed"),
        ("Exit code 127\nbash: tre: command not found", "missing"),
        ("Exit code 143\nCommand timed out after 2m 0s", "timeout"),
        ("The user doesn't want to proceed with this tool use. The tool use was rejected", "interrupted"),
        ("PreToolUse:Bash hook error: [guard.sh]: no", "denied"),
        ("<tool_use_error>InputValidationError: Read failed</tool_use_error>", "malformed"),
        ("<tool_use_error>String to replace not found in file.\nString: x</tool_use_error>", "edit"),
        ("<tool_use_error>File has not been read yet. Read it first</tool_use_error>", "edit"),
        ("<tool_use_error>File does not exist.</tool_use_error>", "missing"),
        ("<tool_use_error>Sibling tool call errored</tool_use_error>", "interrupted"),
        ("something else", "failed"),
    ],
)
def test_failures_have_reasons(tmp_path: Path, content: str, failure: str) -> None:
    """The text of a failed call tells why it failed."""
    assert result_of(tmp_path, content, error=True).failure == failure


def test_a_text_alone_is_no_failure(tmp_path: Path) -> None:
    """What a good result quotes is not an error, whatever it says."""
    facts = result_of(tmp_path, "Exit code 1\nFile does not exist.")

    assert (facts.failure, facts.exit_code) == (None, None)


def test_exit_codes_and_interruptions(tmp_path: Path) -> None:
    """The exit code is read where the text begins with one; the echo says that a command was broken off."""
    assert result_of(tmp_path / "a", "Exit code 3\nno", error=True).exit_code == 3
    assert (
        result_of(tmp_path / "b", "half", toolUseResult={"stdout": "half", "interrupted": True}).failure
        == "interrupted"
    )
    assert result_of(tmp_path / "c", "no", error=True, toolDenialKind="permission-rule").failure == "denied"


def test_spilled_output(tmp_path: Path) -> None:
    """A placeholder is what the model saw; the facts say that there was more."""
    facts = result_of(tmp_path, "<persisted-output>\nOutput too large (59KB). Preview:\nx")

    assert facts.spilled


def test_images_and_tool_definitions_are_opaque(tmp_path: Path) -> None:
    """An image inside a result is a block of its own; so is a tool that a search loaded."""
    log = Log()
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}}
    log.says(1, tool("ToolSearch", query="select:x"))
    log.result("toolu_1", [text("seen"), image, {"type": "tool_reference", "tool_name": "mcp__issues__get"}])
    blocks = of(Block, told(tmp_path, log))[1:]

    assert [(one.kind, one.size, one.opaque, one.label) for one in blocks] == [
        ("tool-result", 4, False, ""), ("image", 4, True, "image"), ("tools", 0, True, "issues"),
    ]  # fmt: skip
    assert blocks[1].hash


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("Bash", {"command": "bash -lc 'pytest -q'"}, {"action": "run", "command": "pytest -q"}),
        ("Read", {"file_path": "a.py", "offset": 10, "limit": 5}, {"action": "read", "path": "a.py", "span": (10, 14)}),
        ("Read", {"file_path": "a.py"}, {"span": None}),
        ("Grep", {"pattern": "def x", "path": "src"}, {"action": "search", "query": "def x", "path": "src"}),
        ("Glob", {"pattern": "**/*.py"}, {"action": "list", "query": "**/*.py"}),
        ("Edit", {"file_path": "a.py", "old_string": "a", "new_string": "b"}, {"action": "edit", "changes": ("a.py",)}),
        ("Write", {"file_path": "b.py", "content": "x"}, {"action": "write", "changes": ("b.py",)}),
        ("mcp__issues__get_issue", {"id": "7"}, {"action": "mcp", "server": "issues"}),
        ("WebFetch", {"url": "docs/page", "prompt": "what"}, {"action": "fetch", "query": "docs/page"}),
        ("TodoWrite", {"todos": []}, {"action": "plan"}),
        ("TaskOutput", {"task_id": "b7", "block": True}, {"action": "wait", "query": "b7"}),
        ("Agent", {"subagent_type": "Explore", "description": "map it"}, {"action": "spawn", "query": "map it"}),
        ("Brew", {"command": {"odd": 1}}, {"action": "other", "command": None}),
    ],
)
def test_tools_by_what_they_do(tmp_path: Path, name: str, arguments: dict[str, Any], expected: dict[str, Any]) -> None:
    """A tool call is told in words that every harness shares."""
    call = call_of(tmp_path, name, **arguments)

    assert {field: getattr(call, field) for field in expected} == expected
    assert call.arguments


def test_equal_arguments_have_equal_hashes(tmp_path: Path) -> None:
    """The hash of arguments tells repeated calls from different ones."""
    one, same, other = (
        call_of(tmp_path / str(n), "Bash", command=line).arguments for n, line in enumerate(("ls", "ls", "ls -l"))
    )

    assert one == same != other


@pytest.mark.parametrize(
    ("content", "fields", "expected"),
    [
        ("please fix it", {}, ("user", "", True)),
        ("please fix it", {"origin": {"kind": "human"}}, ("user", "", True)),
        ("build is done", {"origin": {"kind": "task-notification"}}, ("attachment", "task-notification", False)),
        ("<command-name>/compact</command-name>\n<command-args></command-args>", {}, ("user", "/compact", False)),
        ("<local-command-stdout>Bye!</local-command-stdout>", {}, ("attachment", "local-command-stdout", False)),
        ("<task-notification>\n<task-id>b1</task-id>", {}, ("attachment", "task-notification", False)),
        ("<draft>my own tag</draft>", {}, ("user", "", True)),
        ("[Request interrupted by user for tool use]", {}, ("user", "interrupted", False)),
        (
            "Base directory for this skill: /home/ana/.claude/skills/tidy\n\n# Tidy",
            {"isMeta": True},
            ("skill", "tidy", False),
        ),
        ("Caveat: The messages below", {"isMeta": True}, ("attachment", "local-command-caveat", False)),
        ("a remark", {"isMeta": True}, ("attachment", "meta", False)),
        ("This session is being continued from a previous conversation", {}, ("summary", "", False)),
    ],
)
def test_who_speaks_in_the_users_place(
    tmp_path: Path, content: str, fields: dict[str, Any], expected: tuple[str, str, bool]
) -> None:
    """Only a person's own words begin a user turn."""
    log = Log()
    log.user(content, **fields)
    (block,) = of(Block, told(tmp_path, log))

    assert (block.kind, block.label, block.prompt) == expected


def test_an_expanded_command_is_a_skill(tmp_path: Path) -> None:
    """What the harness puts in the place of a slash command bears the command's name."""
    log = Log()
    log.user("<command-message>pr</command-message>\n<command-name>/pr</command-name>")
    log.user([text("Write a title and a description.")], isMeta=True)

    assert [(one.kind, one.label) for one in of(Block, told(tmp_path, log))] == [("user", "/pr"), ("skill", "/pr")]


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("hook_success", {"content": "", "stdout": "{}", "hookName": "Stop"}, []),
        ("hook_success", {"content": "be kind", "hookName": "SessionStart:startup"},
         [("attachment", "hook SessionStart:startup", False)]),
        ("hook_additional_context", {"content": ["lint failed"], "hookName": "PostToolUse:Edit"},
         [("attachment", "hook PostToolUse:Edit", False)]),
        ("hook_system_message", {"content": "for people"}, []),
        ("task_reminder", {"content": [], "itemCount": 0}, [("attachment", "task_reminder", True)]),
        ("deferred_tools_delta", {"addedLines": ["CronList", "mcp__issues__get", "mcp__issues__put"]},
         [("tools", "", False), ("tools", "issues", False)]),
        ("mcp_instructions_delta", {"addedNames": ["a", "b"], "addedBlocks": ["## a\nx", "## b\ny"]},
         [("instructions", "a", False), ("instructions", "b", False)]),
        ("skill_listing", {"content": "- tidy: tidies"}, [("skill", "skill_listing", False)]),
        ("agent_listing_delta", {"addedLines": ["- Explore: looks"]}, [("instructions", "agent_listing_delta", False)]),
        ("nested_memory", {"path": "rules.md", "content": {"content": "no comments"}}, [("memory", "rules.md", False)]),
        ("file", {"filename": "a.py", "content": {"type": "text", "file": {"content": "x = 1"}}},
         [("attachment", "a.py", False)]),
        ("file", {"filename": "a.png", "content": {"type": "image", "file": {"base64": "QUJD"}}},
         [("image", "a.png", True)]),
        ("edited_text_file", {"filename": "a.py", "snippet": "1\tx = 2"}, [("attachment", "a.py", False)]),
        ("invoked_skills", {"skills": [{"name": "tidy", "content": "# Tidy"}]}, [("skill", "tidy", False)]),
        ("queued_command", {"prompt": "and the docs", "commandMode": "prompt"}, [("user", "", False)]),
        ("queued_command", {"prompt": "done", "commandMode": "task-notification"},
         [("attachment", "task-notification", False)]),
        ("compact_file_reference", {"filename": "b.py"}, [("attachment", "b.py", True)]),
        ("brand_new", {"content": "something said"}, [("attachment", "brand_new", False)]),
    ],
)  # fmt: skip
def test_what_attachments_add(
    tmp_path: Path, kind: str, fields: dict[str, Any], expected: list[tuple[str, str, bool]]
) -> None:
    """An attachment enters the prompt with the text that the model sees, or not at all."""
    log = Log()
    log.attach(kind, **fields)
    blocks = of(Block, told(tmp_path, log))

    assert [(one.kind, one.label, one.opaque) for one in blocks] == expected
    assert all(one.opaque or one.size for one in blocks)


def test_the_rendered_text_of_an_attachment_wins(tmp_path: Path) -> None:
    """Where the log has what the model saw, that is measured."""
    log = Log()
    log.add(
        "attachment", attachment={"type": "edited_text_file", "filename": "a.py", "snippet": "x"}, rendered="Note: x"
    )

    assert of(Block, told(tmp_path, log))[0].size == len("Note: x")


def test_changes_of_the_request_are_told(tmp_path: Path) -> None:
    """New tools, new instructions, notifications and permissions are marked where they come."""
    log = a_session()
    log.attach("deferred_tools_delta", addedLines=["mcp__issues__get"], removedNames=[])
    log.attach("mcp_instructions_delta", addedNames=["issues"], addedBlocks=["## issues"])
    log.user("<task-notification>\n<task-id>b1</task-id>")
    log.user("go on", permissionMode="plan")

    assert [(one.what, one.name) for one in of(Change, told(tmp_path, log))] == [
        ("tools", "issues"), ("instructions", "issues"), ("notification", "task-notification"), ("permission", "plan"),
    ]  # fmt: skip


def compacted(**metadata: Any) -> Log:
    """A session with a boundary, a summary, and one more answer."""
    log = a_session()
    bridge = log.last
    log.system("compact_boundary", parent=None, logicalParentUuid=bridge, compactMetadata={
        "trigger": "auto", "preTokens": 150_000, **metadata})  # fmt: skip
    log.user("This session is being continued. Summary: the sum.", isCompactSummary=True)
    log.says(3, "Going on.")
    return log


def test_a_compaction_is_followed_by_its_summary(tmp_path: Path) -> None:
    """The boundary says why and at what size; it is no rewind although its parent is null."""
    items = told(tmp_path, compacted())
    (compaction,) = of(Compaction, items)

    assert (compaction.trigger, compaction.before) == ("auto", 150_000)
    assert shape(items[items.index(compaction) :]) == ["Compaction", "summary", "Step", "assistant-text"]
    assert not of(Rewind, items)


def test_a_compaction_keeps_the_records_that_it_names(tmp_path: Path) -> None:
    """Preserved records follow the summary, without being said or called again."""
    items = told(tmp_path, compacted(preservedMessages={"uuids": ["m-0", "m-4"]}))
    after = items[items.index(of(Compaction, items)[0]) + 1 :]

    assert shape(after[:3]) == ["summary", "user", "tool-result"]
    assert [(one.prompt, one.tool) for one in of(Block, after[1:3])] == [(False, None)] * 2


def test_a_compaction_keeps_a_segment(tmp_path: Path) -> None:
    """Versions that name only the ends of what they keep mean everything between."""
    items = told(tmp_path, compacted(preservedSegment={"headUuid": "m-4", "tailUuid": "m-6"}))
    after = items[items.index(of(Compaction, items)[0]) + 1 :]

    assert shape(after[:5]) == ["summary", "tool-result", "tool-result", "attachment", "Step"]


def test_a_summary_without_boundary_is_a_compaction(tmp_path: Path) -> None:
    """1.0 wrote no boundary."""
    log = a_session()
    log.user("Summary: the sum.", isCompactSummary=True)

    assert [one.trigger for one in of(Compaction, told(tmp_path, log))] == ["auto"]


def test_clear_begins_anew(tmp_path: Path) -> None:
    """`/clear`, and a plan that is done with an empty context, leave nothing of the conversation."""
    by_command, by_plan = a_session(), a_session()
    by_command.user("<command-name>/clear</command-name>", parent=None)
    by_plan.add("progress", parent=None, data={"type": "hook_progress", "hookName": "SessionStart:clear"})
    for number, log in enumerate((by_command, by_plan)):
        log.user("Do the plan.")
        items = told(tmp_path / str(number), log)

        assert [one.trigger for one in of(Compaction, items)] == ["clear"]
        assert not of(Rewind, items)


def test_going_back_is_a_rewind(tmp_path: Path) -> None:
    """A prompt that hangs on an earlier step names that step; what follows hangs on it."""
    log = a_session()
    log.user("Thanks.")
    log.says(3, "You are welcome.")
    log.user("Fix it instead.", parent="m-7")
    log.says(4, "Fixed.")
    items = told(tmp_path, log)

    assert [one.step for one in of(Rewind, items)] == [key(2)]
    assert shape(items)[-4:] == ["Rewind", "user", "Step", "assistant-text"]


def test_going_back_to_the_beginning(tmp_path: Path) -> None:
    """A second first prompt leaves nothing."""
    log = a_session()
    log.user("Another question.", parent=None)

    assert [one.step for one in of(Rewind, told(tmp_path, log))] == [None]


def test_what_is_no_rewind(tmp_path: Path) -> None:
    """Parallel results, hooks, parents that the log lacks, and late records of an error do not go back."""
    log = a_session()
    log.add("progress", data={"type": "hook_progress"}, parent="m-2")
    log.user("Next.", parent="gone")
    log.says(3, "Yes.")
    log.system("api_error", error={"status": 529}, parent="m-3")
    log.user("Next.")
    log.says(4, "Yes.")

    assert not of(Rewind, told(tmp_path, log))


def test_streamed_counts_are_final_when_they_moved(tmp_path: Path) -> None:
    """Old versions log a moment of the stream; a stop reason or a moving count shows the end of it."""
    log = Log(version="2.1.30")
    log.says(1, "a", output=1)
    log.says(2, "b", output=1)
    log.says(2, "c", output=20)
    log.says(3, "d", output=1, stop="end_turn")

    assert [step.final for step in of(Step, told(tmp_path, log))] == [False, True, True]


def test_a_step_has_what_may_explain_its_cache(tmp_path: Path) -> None:
    """Version, effort and the provider's own reason for a miss stand on the step."""
    log = Log()
    log.says(1, "a", effort="High", message={"diagnostics": {"cache_miss_reason": {"type": "messages_changed"}}})
    (step,) = of(Step, told(tmp_path, log))

    assert (step.version, step.effort, step.miss) == ("2.1.220", "high", "messages_changed")


def test_thinking_without_text_is_opaque(tmp_path: Path) -> None:
    """A signature is no text."""
    log = Log()
    log.says(1, {"type": "thinking", "thinking": "", "signature": "AbC" * 100}, "hi")
    thinking = of(Block, told(tmp_path, log))[0]

    assert (thinking.kind, thinking.size, thinking.opaque) == ("thinking", 0, True)


def test_troubles(tmp_path: Path) -> None:
    """Failed requests, limits, interruptions and cut answers are told with a word, never with their text."""
    log = Log()
    local = {"model": "<synthetic>", "usage": {"input_tokens": 0, "output_tokens": 0}}
    log.says(1, "a", stop="max_tokens")
    log.user("[Request interrupted by user]")
    log.says(2, "API Error: 529 overloaded", message=local, isApiErrorMessage=True)
    log.says(3, "Claude AI usage limit reached|1785748447", message=local, isApiErrorMessage=True)
    log.says(4, "No response requested.", message=local)
    log.system("api_error", error={"connection": {"code": "ECONNRESET"}, "message": "secret"})

    assert [(one.kind, one.detail) for one in of(Trouble, told(tmp_path, log))] == [
        ("truncated", "max_tokens"), ("interrupted", ""), ("api_error", "529"), ("rate_limit", ""),
        ("api_error", "ECONNRESET"),
    ]  # fmt: skip


def with_agent(*, mirrored: bool) -> tuple[Log, Log]:
    """A session that starts a sub-agent, and the sub-agent's own file."""
    child = Log(agent="a1b2c3")
    child.user("Find the sum.", parent=None)
    child.says(7, tool("Grep", "toolu_c", pattern="sum"))
    child.result("toolu_c", "cart.py:1")
    child.says(8, "In cart.py.", stop="end_turn")
    log = a_session()
    log.says(3, tool("Agent", "toolu_a", subagent_type="Explore", prompt="Find the sum."))
    for line in child.lines if mirrored else ():
        inner = {field: line.get(field) for field in ("type", "timestamp", "uuid", "requestId", "message")}
        log.add(
            "progress",
            parentToolUseID="toolu_a",
            data={"type": "agent_progress", "agentId": "a1b2c3", "message": inner},
        )
    log.result("toolu_a", "In cart.py.", toolUseResult={"status": "completed", "agentId": "a1b2c3", "totalTokens": 9})
    log.says(4, "It is in cart.py.")
    return log, child


def test_a_sub_agent_is_a_chain_of_its_own(tmp_path: Path) -> None:
    """Its steps bear its id, and the call that started it is named."""
    log, child = with_agent(mirrored=False)
    items = told(tmp_path, log, agents={"a1b2c3": child})

    assert of(Spawn, items) == [Spawn("a1b2c3", None, "toolu_a", "Explore")]
    assert [step.agent for step in of(Step, items)] == [None] * 4 + ["a1b2c3"] * 2
    assert not any(one.prompt for one in of(Block, items) if one.agent)
    assert {step.key for step in of(Step, items)} == set(skimmed(tmp_path))


def test_a_lost_sub_agent_is_told_by_its_mirror(tmp_path: Path) -> None:
    """Without its file the chain has the same steps and blocks; with it nothing is told twice."""
    log, child = with_agent(mirrored=True)
    lost = told(tmp_path / "lost", log)
    both = told(tmp_path / "both", log, agents={"a1b2c3": child})

    def chain(items: list[TranscriptItem]) -> list[Any]:
        return [
            item.key if isinstance(item, Step) else (item.kind, item.hash)
            for item in items if isinstance(item, (Step, Block)) and item.agent
        ]  # fmt: skip

    assert chain(lost) == chain(both)
    assert len(chain(lost)) == 6
    assert of(Spawn, lost) == of(Spawn, both) == [Spawn("a1b2c3", None, "toolu_a", "Explore")]


def test_internal_agents_are_named_by_their_id(tmp_path: Path) -> None:
    """A compaction that has a file of its own was started by nobody's call."""
    child = Log(agent="acompact-1")
    child.says(7, "Summary.")

    assert of(Spawn, told(tmp_path, a_session(), agents={"acompact-1": child})) == [
        Spawn("acompact-1", None, None, "compaction", internal=True)
    ]


def test_side_lines_without_an_id_are_one_chain(tmp_path: Path) -> None:
    """1.0 wrote sub-agents into their parent's file; the ledger calls them `sidechain`."""
    log = a_session()
    log.says(3, tool("Task", "toolu_t", subagent_type="general-purpose"))
    log.side = True
    log.user("Look around.", parent=None)
    log.says(9, "Nothing here.")
    items = told(tmp_path, log)

    assert of(Step, items)[-1].agent == skimmed(tmp_path)[key(9)].agent == "sidechain"
    assert of(Spawn, items) == [Spawn("sidechain", None, "toolu_t", "general-purpose")]


def test_a_replayed_response_is_told_once(tmp_path: Path) -> None:
    """A side conversation that logs the main one's response again, under another request id, does not repeat it."""
    child = Log(agent="aside")
    child.says(2, "The sum begins too late.", requestId="req_other", read=90_000)
    child.says(8, "By the way.")
    items = told(tmp_path, a_session(), agents={"aside": child})

    assert [step.key for step in of(Step, items)] == [key(1), key(2), key(8)]


def test_lines_of_other_sessions_in_a_foreign_file_are_passed_over(tmp_path: Path) -> None:
    """Of a file that is not the session's own, only the lines that name the session are told."""
    log = a_session()
    log.lines[-1]["sessionId"] = "another"
    own, foreign = told(tmp_path / "own", log), told(tmp_path / "agents", agents={"x": log})

    assert len(of(Step, own)) == 2
    assert len(of(Step, foreign)) == 2  # in the session's folder, so whole
    path = tmp_path / "elsewhere" / "fork.jsonl"
    path.parent.mkdir()
    path.write_bytes(log.data())
    from whyburn.harnesses.claude import HARNESS
    from whyburn.harnesses.readers import open_source, source_of

    source = source_of(str(path), "lines")
    assert source is not None
    seen = list(HARNESS.deep(SESSION, [source], lambda one: open_source(one).__enter__()))
    assert [step.key for step in of(Step, seen)] == [key(1)]


def test_sources_that_are_gone_are_passed_over(tmp_path: Path) -> None:
    """What is left is told, with the numbers of the sources that were given."""
    from whyburn.harnesses.claude import HARNESS
    from whyburn.harnesses.readers import open_source, source_of

    gone, left = tmp_path / "a" / f"{SESSION}.jsonl", tmp_path / "b" / f"{SESSION}.jsonl"
    for path in (gone, left):
        path.parent.mkdir()
        path.write_bytes(a_session().data())
    sources = [source_of(str(path), "lines") for path in (gone, left)]
    gone.unlink()
    items = list(HARNESS.deep(SESSION, [one for one in sources if one], lambda one: open_source(one).__enter__()))

    assert {block.spot.source for block in of(Block, items)} == {1}


def placeless(items: Iterable[TranscriptItem]) -> list[Any]:
    """Items without their places."""
    from whyburn.transcript import Spot

    def bare(item: Any) -> Any:
        return (type(item).__name__, *(part for part in item if not isinstance(part, Spot)))

    return [bare(item) for item in items]


@NO_CLOCK
@given(st.data())
def test_repeated_lines_change_nothing_but_places(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Any line may come again later; a whole file may be there twice."""
    lines = with_agent(mirrored=True)[0].data().splitlines(keepends=True)
    once = placeless(told(tmp_path_factory.mktemp("once"), b"".join(lines)))
    again = data.draw(st.lists(st.integers(0, len(lines) - 1), max_size=6))
    longer = list(lines)
    for index in again:
        longer.insert(data.draw(st.integers(longer.index(lines[index]) + 1, len(longer))), lines[index])
    folder = tmp_path_factory.mktemp("twice")

    assert placeless(told(folder / "lines", b"".join(longer))) == once
    assert placeless(told(folder / "files", b"".join(lines), b"".join(lines[: len(lines) // 2]))) == once


@NO_CLOCK
@given(st.data())
def test_unknown_fields_and_types_change_nothing(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """New fields are passed over; a record of a new type is reported, and the rest stays as it was."""
    log = a_session()
    once = placeless(told(tmp_path_factory.mktemp("once"), log))
    for line in log.lines:
        line["novel"] = data.draw(st.sampled_from([1, "x", None, {"deep": [1, {}]}]))
    at = data.draw(st.integers(0, len(log.lines)))
    log.lines.insert(at, {"type": "novelty", "sessionId": SESSION, "uuid": "n"})
    items = told(tmp_path_factory.mktemp("more"), log)

    assert [one.unknown for one in of(Skipped, items)] == [True]
    assert placeless(one for one in items if not isinstance(one, Skipped)) == once


@NO_CLOCK
@given(cut=st.integers(0, 6_000))
def test_every_prefix_can_be_read(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """A file that ends anywhere gives what is whole, and at most one line is skipped."""
    whole = compacted(preservedMessages={"uuids": ["m-0"]}).data()
    items = told(tmp_path_factory.mktemp("cut"), whole[:cut])

    assert len(of(Skipped, items)) <= 1


@NO_CLOCK
@given(st.data())
def test_odd_values_cost_one_line(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever stands in a field, the reader goes on, and every other step is there."""
    log = a_session()
    line = log.lines[data.draw(st.integers(0, len(log.lines) - 2))]
    holder = data.draw(st.sampled_from([line, *(one for one in line.values() if isinstance(one, dict))]))
    field = data.draw(st.sampled_from(sorted(holder)))
    holder[field] = data.draw(st.sampled_from([None, True, -1, 1.5, "", [], {}, [[1]], {"type": []}, [None]]))

    assert key(2) in [step.key for step in of(Step, told(tmp_path_factory.mktemp("odd"), log))]


def test_dirty_lines_are_counted_and_passed(tmp_path: Path) -> None:
    """Broken JSON, other values, bad UTF-8, NULs and blanks leave the rest as it is."""
    lines = a_session().data().splitlines(keepends=True)
    dirty = [b"{broken\n", b"[1]\n", b'"text"\n', b"\n", b"\0\0\0\n", b"\xff\xfe\n"]
    bom = b"\xef\xbb\xbf" + lines[0]
    items = told(tmp_path, b"".join([bom, *dirty, *lines[1:]]))

    assert len(of(Skipped, items)) == 5
    assert [step.key for step in of(Step, items)] == [key(1), key(2)]
    assert of(Skipped, items)[0].spot.line == 2


def test_a_line_of_unknown_content_keeps_its_usage(tmp_path: Path) -> None:
    """Counts are read although the content has a shape that nobody knows; the line is reported."""
    log = Log()
    log.says(1, message={"content": {"new": "shape"}})
    log.says(2, message={"content": [["odd"]]})
    items = told(tmp_path, log)

    assert [step.key for step in of(Step, items)] == [key(1), key(2)]
    assert len(of(Skipped, items)) == 2


def test_numbers_as_floats_and_lone_surrogates(tmp_path: Path) -> None:
    """Dirty numbers and half characters are read with patience."""
    log = Log()
    log.says(1, "half \ud83d of it", message={"usage": {"input_tokens": 10.0, "output_tokens": 5.0}})
    (step,) = of(Step, told(tmp_path, log))

    assert step.counts[:2] == (10, 0)
    assert step.counts[5] == 5


def test_no_text_of_the_log_leaves_in_a_reason(tmp_path: Path) -> None:
    """A type that is no name is not quoted."""
    log = Log()
    log.add("my secret sentence, with spaces")
    items = told(
        tmp_path,
        log,
    )

    assert "secret" not in json.dumps([one.reason for one in of(Skipped, items)])
