"""The deep reader of Codex: every order and shape of a rollout becomes the one order of a transcript.

The fixtures are invented rollouts of three ages; `*.txt` beside them is what the reader makes of them, one line an
item. After a wanted change write them anew with `python -m tests.harnesses.test_codex_deep` and read the difference.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whyburn.harnesses.codex import HARNESS
from whyburn.harnesses.codex.deep.echoes import is_echo
from whyburn.harnesses.readers import open_source, source_of
from whyburn.model import Call, Checkpoint
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
    TranscriptItem,
    Trouble,
)

FOLDER = Path(__file__).parent / "codex_deep"
FIXTURES = ("early", "recent", "bare")
OWN = "019b0000-1000-7000-8000-000000000001"
PARENT = "019a0000-1000-7000-8000-00000000000a"
REFUSED = "failed in sandbox Seatbelt with execution error: sandbox denied exec error, exit code: 1, stdout: "
TURN = "019b0000-2000-7000-8000-000000000002"
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def _ident(lines: list[dict[str, Any]]) -> str:
    return str((lines[0].get("payload") or lines[0])["id"])


def _deep(*paths: Path, session: str) -> list[TranscriptItem]:
    sources = [source for path in paths if (source := source_of(str(path), "lines"))]
    with ExitStack() as stack:
        return list(HARNESS.deep(session, sources, lambda source: stack.enter_context(open_source(source))))


def _read(folder: Path, lines: list[dict[str, Any]] | bytes, session: str = OWN) -> list[TranscriptItem]:
    path = folder / f"rollout-2026-03-02T09-00-00-{OWN}.jsonl"
    text = lines if isinstance(lines, bytes) else "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.write_bytes(text)
    return _deep(path, session=session)


def _item(**payload: Any) -> dict[str, Any]:
    return {"timestamp": "2026-03-02T10:00:00.000Z", "type": "response_item", "payload": payload}


def _event(**payload: Any) -> dict[str, Any]:
    return {"timestamp": "2026-03-02T10:00:00.000Z", "type": "event_msg", "payload": payload}


def _message(role: str, text: str) -> dict[str, Any]:
    return _item(type="message", role=role, content=[{"type": "input_text", "text": text}])


def _usage(total: int, given: int, output: int = 10) -> dict[str, Any]:
    last = {"input_tokens": given, "cached_input_tokens": 0, "output_tokens": output, "reasoning_output_tokens": 0}
    return _event(
        type="token_count", info={"total_token_usage": {**last, "input_tokens": total}, "last_token_usage": last}
    )


def _meta(ident: str = OWN, **more: Any) -> dict[str, Any]:
    payload = {"id": ident, "cwd": "/home/mia", "cli_version": "0.144.0", **more}
    return {"timestamp": "2026-03-02T09:00:00.000Z", "type": "session_meta", "payload": payload}


def _call(name: str, arguments: Any, ident: str = "c1") -> dict[str, Any]:
    return _item(type="function_call", name=name, arguments=json.dumps(arguments), call_id=ident)


def _output(output: Any, ident: str = "c1") -> dict[str, Any]:
    return _item(type="function_call_output", call_id=ident, output=output)


def _kinds(items: list[TranscriptItem]) -> list[str]:
    return [item.kind if isinstance(item, Block) else type(item).__name__ for item in items]


def _tool(items: list[TranscriptItem], kind: type[Any]) -> Any:
    return next(item.tool for item in items if isinstance(item, Block) and isinstance(item.tool, kind))


def _told(item: TranscriptItem) -> str:
    """One line for the golden files: what a reader of the difference would want to see, no hashes."""
    head = f"{item.spot.line:>3} " if not isinstance(item, Spawn) else "    "
    if isinstance(item, Block):
        marks = "".join(mark for mark, on in ((" opaque", item.opaque), (" prompt", item.prompt)) if on)
        return f"{head}  {item.kind} {item.size} {item.texture}{marks} {item.label!r} {_tool_told(item)}".rstrip()
    if isinstance(item, Step):
        return f"{head}STEP {item.model} {item.counts} {item.effort} {item.version} at {item.at_ms}"
    fields = {key: value for key, value in item._asdict().items() if key not in ("spot", "at_ms")}
    if isinstance(item, Rewind):
        fields["step"] = item.step is not None
    return f"{head}{type(item).__name__} {fields}"


def _tool_told(block: Block) -> str:
    tool = block.tool
    if isinstance(tool, ToolCall):
        return " ".join(
            str(part) for part in (tool.name, tool.action, tool.command, tool.path, tool.changes, tool.server) if part
        )
    if isinstance(tool, ToolResult):
        return (
            f"{tool.id} {tool.failure} {tool.exit_code} {tool.whole_tokens} {tool.spilled} {tool.passed} {tool.error!r}"
        )
    return ""


def _golden(name: str) -> str:
    items = _deep(FOLDER / f"{name}.jsonl", session=_ident(_lines(name)))
    return "".join(_told(item) + "\n" for item in items)


@pytest.mark.parametrize("name", FIXTURES)
def test_a_rollout_of_every_age_becomes_a_transcript(name: str) -> None:
    """Each fixture gives exactly the items of its golden file."""
    assert (FOLDER / f"{name}.txt").read_text(encoding="utf-8") == _golden(name)


@pytest.mark.parametrize("name", FIXTURES)
def test_the_steps_are_the_calls_that_skimming_finds(name: str) -> None:
    """Same keys, same order, same tokens."""
    source = source_of(str(FOLDER / f"{name}.jsonl"), "lines")
    assert source is not None
    with open_source(source) as reader:
        calls = [item for item in HARNESS.skim(source, Checkpoint(0, b""), reader) if isinstance(item, Call)]
    steps = [item for item in _deep(Path(source.path), session=_ident(_lines(name))) if isinstance(item, Step)]

    assert [call.key for call in calls] == [step.key for step in steps]
    assert [(call.input, call.cache_read, call.output) for call in calls] == [
        (step.counts[0], step.counts[1], step.counts[5]) for step in steps
    ]


def test_usage_before_or_behind_its_items_makes_no_difference(tmp_path: Path) -> None:
    """Early versions write usage first, later ones last: the transcript is the same."""
    ask, call, result = _message("user", "hello"), _call("shell", {"command": ["ls"]}), _output("a b")
    answer = _item(type="message", role="assistant", content=[{"type": "output_text", "text": "done"}])
    first, second = _usage(100, 100), _usage(300, 200)
    early = _read(tmp_path, [_meta(), ask, first, call, result, second, answer])
    late = _read(tmp_path, [_meta(), ask, call, result, first, answer, second])

    assert ["user", "Step", "tool-call", "tool-result", "Step", "assistant-text"] == _kinds(early) == _kinds(late)


def test_interleaved_results_of_one_response_come_after_its_calls(tmp_path: Path) -> None:
    """Usage, call, result, call, result is one response with two calls."""
    calls = [
        _call("shell", {"command": ["ls"]}),
        _output("a"),
        _call("shell", {"command": ["id"]}, "c2"),
        _output("b", "c2"),
    ]
    found = _read(tmp_path, [_meta(), _message("user", "x"), _usage(100, 100), *calls, _usage(300, 200)])

    assert _kinds(found) == ["user", "Step", "tool-call", "tool-call", "tool-result", "tool-result", "Step"]


def test_an_unbilled_response_stays_in_the_conversation_without_a_step(tmp_path: Path) -> None:
    """What a broken-off response had put out belongs to no later one."""
    lost = _item(type="message", role="assistant", content=[{"type": "output_text", "text": "I was about"}])
    said = _item(type="message", role="assistant", content=[{"type": "output_text", "text": "yes"}])
    lines = [_meta(), _message("user", "x"), said, _usage(100, 100), _message("user", "y"), lost]
    lines += [_event(type="turn_aborted", reason="interrupted"), _message("user", "go on"), said, _usage(300, 200)]
    kinds = _kinds(_read(tmp_path, lines))

    assert kinds == [
        "user", "Step", "assistant-text", "user", "assistant-text", "Trouble", "user", "Step", "assistant-text"
    ]  # fmt: skip


def test_a_copied_history_is_told_with_the_keys_of_its_owner(tmp_path: Path) -> None:
    """A fork's transcript begins with its parent's, which can be read from the fork when its own file is gone."""
    said = _item(type="message", role="assistant", content=[{"type": "output_text", "text": "yes"}])
    old = [_message("user", "x"), said, _usage(100, 100)]
    begins = {
        "timestamp": "2026-03-02T10:00:00.000Z",
        "type": "turn_context",
        "payload": {"turn_id": TURN, "model": "m"},
    }
    fork = [_meta(forked_from_id=PARENT), _meta(PARENT), *old, begins, _message("user", "y"), said, _usage(300, 200)]
    own = _read(tmp_path, fork)
    parent = _read(tmp_path, fork, session=PARENT)
    alone = _read(tmp_path, [_meta(PARENT), *old], session=PARENT)
    keys = [item.key for item in own if isinstance(item, Step)]

    assert _kinds(own) == ["user", "Step", "assistant-text", "user", "Step", "assistant-text"]
    assert ["user", "Step", "assistant-text"] == _kinds(parent) == _kinds(alone)
    assert keys[:1] == [item.key for item in parent if isinstance(item, Step)]
    assert keys[:1] == [item.key for item in alone if isinstance(item, Step)]


def test_only_one_of_several_copies_is_read(tmp_path: Path) -> None:
    """The own rollout wins over a fork that is named first, and a second copy adds nothing."""
    fork = tmp_path / f"rollout-2026-03-02T09-00-00-{OWN}.jsonl"
    mine = tmp_path / f"rollout-2026-01-02T09-00-00-{PARENT}.jsonl"
    gone = tmp_path / f"rollout-2026-01-01T09-00-00-{PARENT}.jsonl"
    fork.write_text(
        "".join(json.dumps(line) + "\n" for line in [_meta(forked_from_id=PARENT), _message("user", "copy")])
    )
    for path in (mine, gone):
        path.write_text(
            "".join(json.dumps(line) + "\n" for line in [_meta(PARENT), _message("user", "a"), _message("user", "b")])
        )
    found = [source for path in (fork, gone, mine) if (source := source_of(str(path), "lines"))]
    gone.unlink()
    with ExitStack() as stack:
        items = list(HARNESS.deep(PARENT, found, lambda source: stack.enter_context(open_source(source))))

    assert [(item.spot.source, item.size) for item in items if isinstance(item, Block)] == [(2, 1), (2, 1)]


def test_events_speak_where_nothing_else_does(tmp_path: Path) -> None:
    """Without response items their echoes are the content, of either kind of history."""
    legacy = [
        _meta(),
        _event(type="user_message", message="hi"),
        _event(type="agent_message", message="ho"),
        _usage(9, 9),
    ]
    command = {
        "type": "CommandExecution",
        "id": "c",
        "command": ["bash", "-lc", "ls"],
        "exit_code": 2,
        "aggregated_output": "no",
    }
    said = {"type": "AgentMessage", "id": "a", "content": [{"type": "Text", "text": "ho"}]}
    asked = {"type": "UserMessage", "id": "u", "content": [{"type": "text", "text": "hi"}]}
    paged = [_meta(), *(_event(type="item_completed", item=item) for item in (asked, said, command)), _usage(9, 9)]

    assert _kinds(_read(tmp_path, legacy)) == ["user", "Step", "assistant-text"]
    assert _kinds(_read(tmp_path, paged)) == ["user", "Step", "assistant-text", "tool-call", "tool-result"]


def test_a_rewind_names_the_last_step_that_is_left(tmp_path: Path) -> None:
    """Two turns back is before the second prompt; more than there are is before everything."""
    said = _item(type="message", role="assistant", content=[{"type": "output_text", "text": "yes"}])
    turns = [line for n in (1, 2, 3) for line in (_message("user", f"{n}"), said, _usage(n * 100, 100))]
    two = _read(tmp_path, [_meta(), *turns, _event(type="thread_rolled_back", num_turns=2)])
    nine = _read(tmp_path, [_meta(), *turns, _event(type="thread_rolled_back", num_turns=9)])
    steps = [item.key for item in two if isinstance(item, Step)]

    assert isinstance(two[-1], Rewind)
    assert steps[0] == two[-1].step
    assert isinstance(nine[-1], Rewind)
    assert nine[-1].step is None


def test_a_summary_is_told_once(tmp_path: Path) -> None:
    """Whether it stands beside the history that is left, inside it, or both."""
    kept = [_message("user", text)["payload"] for text in ("the task", "so far: all good")]

    def left(**payload: Any) -> list[str]:
        compacted = {"timestamp": "2026-03-02T10:00:00.000Z", "type": "compacted", "payload": payload}
        return _kinds(_read(tmp_path, [_meta(), _message("user", "the task"), compacted]))[1:]

    assert left(message="so far: all good", replacement_history=kept) == ["Compaction", "user", "summary"]
    assert left(message="so far: all good") == ["Compaction", "summary"]
    assert left(message="", replacement_history=kept[:1]) == ["Compaction", "user"]


def test_the_user_asked_for_a_compaction_when_nothing_else_was_in_the_turn(tmp_path: Path) -> None:
    """A turn without work in a window far from full is a command; a full window compacts itself."""
    begins = _event(type="task_started", turn_id=TURN, model_context_window=1_000)
    compacted = {"timestamp": "2026-03-02T10:00:00.000Z", "type": "compacted", "payload": {"message": "so far"}}

    def trigger(prompt: int) -> str:
        lines = [_meta(), _message("user", "x"), _usage(prompt, prompt), begins, compacted]
        return next(item.trigger for item in _read(tmp_path, lines) if isinstance(item, Compaction))

    assert (trigger(300), trigger(900)) == ("manual", "auto")


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("shell", {"command": ["bash", "-lc", "rg -n x src"]}, ("run", "rg -n x src", None, ())),
        ("shell", {"command": ["git", "log", "--format=%h %s"]}, ("run", "git log '--format=%h %s'", None, ())),
        ("shell_command", {"command": "bash -lc 'cat a && cat b'"}, ("run", "cat a && cat b", None, ())),
        ("container.exec", {"cmd": "make"}, ("run", "make", None, ())),
        ("functions.exec_command", {"cmd": "make"}, ("run", "make", None, ())),
        ("write_stdin", {"session_id": 1, "chars": ""}, ("wait", None, None, ())),
        ("write_stdin", {"session_id": 1, "chars": "y\n"}, ("other", None, None, ())),
        ("view_image", {"path": "shot.png"}, ("read", None, "shot.png", ())),
        ("list_dir", {"dir_path": "src"}, ("list", None, "src", ())),
        ("update_plan", {"plan": []}, ("plan", None, None, ())),
        ("mcp__tickets__search", {"query": "x"}, ("mcp", None, None, ())),
        ("unheard_of", {"path": "x"}, ("other", None, None, ())),
        ("shell", {"command": ["apply_patch", "*** Begin Patch\n*** Delete File: a.py\n*** End Patch"]},
         ("edit", None, None, ("a.py",))),
        ("shell", {"command": "cd x && apply_patch <<'E'\n*** Begin Patch\n*** Update File: a.py\n*** Move to: b.py\n"},
         ("edit", None, None, ("a.py", "b.py"))),
        ("multi_tool_use.parallel",
         {"tool_uses": [{"recipient_name": "functions.exec_command", "parameters": {"cmd": "a"}},
                        {"recipient_name": "functions.exec_command", "parameters": {"cmd": "b"}}]},
         ("run", "a\nb", None, ())),
    ],
)  # fmt: skip
def test_a_call_is_told_by_what_it_does(tmp_path: Path, name: str, arguments: Any, expected: Any) -> None:
    """Whatever the version calls its tools and wraps its commands in."""
    tool = _tool(_read(tmp_path, [_meta(), _call(name, arguments)]), ToolCall)

    assert expected == (tool.action, tool.command, tool.path, tool.changes)


def test_a_read_names_its_lines(tmp_path: Path) -> None:
    """Offset and limit become the first and the last line, and the result repeats them."""
    items = _read(
        tmp_path, [_meta(), _call("read_file", {"file_path": "a.py", "offset": 11, "limit": 10}), _output("L11: x")]
    )

    assert (_tool(items, ToolCall).path, _tool(items, ToolCall).span) == ("a.py", (11, 20))
    assert (_tool(items, ToolResult).path, _tool(items, ToolResult).span) == ("a.py", (11, 20))


@pytest.mark.parametrize(
    ("output", "failure", "exit_code"),
    [
        ("Exit code: 0\nWall time: 1 seconds\nOutput:\nProcess exited with code 9\n", None, 0),
        ("Chunk ID: 1\nWall time: 1.0 seconds\nProcess exited with code 3\nOutput:\nboom\n", "failed", 3),
        ("Chunk ID: 1\nWall time: 1.0 seconds\nProcess exited with code 127\nOutput:\nzsh: no\n", "missing", 127),
        ("Chunk ID: 1\nWall time: 1.0 seconds\nProcess running with session ID 5\nOutput:\n", None, None),
        ("Exit code: 1\nWall time: 1 seconds\nOutput:\ncat: a.txt: No such file or directory\n", "missing", 1),
        ('{"output":"command timed out after 10 milliseconds","metadata":{"exit_code":124}}', "timeout", 124),
        ("failed in sandbox None with execution error: command timed out", "timeout", None),
        (f"{REFUSED}no, stderr: ", "denied", 1),
        (f"{REFUSED}FAILED t.py::test_a - assert 1\n=== 1 failed in 0.1s ===\n, stderr: ", "failed", 1),
        ("exec command rejected by user", "interrupted", None),
        ("aborted by user after 3.2s", "interrupted", None),
        ("failed to parse function arguments: missing field `command`", "malformed", None),
        ("apply_patch verification failed: Failed to find expected lines in a.py", "edit", None),
        ("A report on what was rejected by user groups", None, None),
    ],
)  # fmt: skip
def test_a_result_says_why_it_failed(tmp_path: Path, output: str, failure: str | None, exit_code: int | None) -> None:
    """From the header or from the words of a refusal, never from what the output quotes."""
    found = _tool(_read(tmp_path, [_meta(), _call("shell", {"command": ["x"]}), _output(output)]), ToolResult)

    assert (failure, exit_code) == (found.failure, found.exit_code)


def test_a_search_that_finds_nothing_has_not_failed(tmp_path: Path) -> None:
    """Its exit code is 1, and so is that of a command that broke."""
    nothing = "Exit code: 1\nWall time: 0 seconds\nOutput:\n"

    def failure(command: str) -> str | None:
        lines = [_meta(), _call("shell", {"command": ["bash", "-lc", command]}), _output(nothing)]
        found: ToolResult = _tool(_read(tmp_path, lines), ToolResult)
        return found.failure

    assert (failure("rg nowhere src"), failure("make")) == (None, "failed")


def test_results_are_compared_by_what_stands_behind_their_header(tmp_path: Path) -> None:
    """Times and ids of the header change neither hash; the size is that of the whole text."""
    heads = (
        "Chunk ID: 1a\nWall time: 0.1 seconds\nProcess exited with code 0\n",
        "Chunk ID: 2b\nWall time: 12.5 seconds\n",
    )
    found = [
        next(item for item in _read(tmp_path, [_meta(), _call("shell", {}), _output(f"{head}Output:\nsame\n")])
             if isinstance(item, Block) and isinstance(item.tool, ToolResult))
        for head in heads
    ]  # fmt: skip

    assert found[0].hash == found[1].hash != 0
    assert [len(f"{head}Output:\nsame\n") for head in heads] == [block.size for block in found]


SCRIPT = "Script completed\nWall time 0.1 seconds\nOutput:\n"
RUN = '{"chunk_id":"1a2b3c","wall_time_seconds":0.1,"exit_code":1,"original_token_count":40'
SHOUT = 'one\ntwo "quoted"\nError: three\n'


@pytest.mark.parametrize(
    "answer",
    [f"{RUN},{json.dumps({'output': SHOUT})[1:]}", f"{RUN}}}{SHOUT}", f"\n{RUN}}}{SHOUT}", f"{RUN},{SHOUT}"],
    ids=["as a field", "behind it", "after a blank line", "cut"],
)
def test_what_a_script_prints_of_a_command_is_unpacked(tmp_path: Path, answer: str) -> None:
    """Lines, hashes and failures are those of the real output, whether it stands in the answer or behind it."""
    found = _tool(_read(tmp_path, [_meta(), _call("exec", {}), _output(SCRIPT + answer)]), ToolResult)
    plain = _tool(_read(tmp_path, [_meta(), _call("exec", {}), _output(f"Exit code: 1\nOutput:\n{SHOUT}")]), ToolResult)

    assert (found.exit_code, found.failure, found.whole_tokens) == (1, "failed", 40)
    assert found.lines - answer.startswith("\n") == 3
    assert (found.steady, found.fingerprint, found.error) == (plain.steady, plain.fingerprint, plain.error)


def test_echoes_are_passed_over_once_there_are_items(tmp_path: Path) -> None:
    """The same rollout with and without the events that repeat its items tells the same, wherever they stand."""
    items = [_meta(), _message("user", "Why is the total wrong?"), _message("assistant", "It rounds twice.")]
    said = {"user_message": "Why is the total wrong?", "agent_message": "It rounds twice."}
    echoes = [_event(type=kind, message=text) for kind, text in said.items()]

    def told(lines: list[Any]) -> list[tuple[str, int]]:
        compact = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        return [(item.kind, item.hash) for item in _read(tmp_path, compact) if isinstance(item, Block)]

    assert all(is_echo(json.dumps(line, separators=(",", ":")).encode()) for line in echoes)
    assert not any(is_echo(json.dumps(line, separators=(",", ":")).encode()) for line in items)
    assert told([*items, *echoes]) == told(items) != []


def test_injected_context_is_no_prompt(tmp_path: Path) -> None:
    """Messages in the user's name that Codex wrote get their own kinds; a child's task is no person's prompt either."""
    texts = ("<environment_context>\nx", "# AGENTS.md instructions for /x\n", "<user_instructions>\n",
             "<skill>\n<name>release</name>\n</skill>", "<turn_aborted>\n", "fix <b>this</b>")  # fmt: skip
    lines = [_message("user", text) for text in texts]
    blocks = [item for item in _read(tmp_path, [_meta(), *lines]) if isinstance(item, Block)]
    spawned = {"subagent": {"thread_spawn": {"parent_thread_id": PARENT, "agent_role": "scout"}}}
    child = _read(tmp_path, [_meta(source=spawned), lines[-1]])

    assert [block.kind for block in blocks] == ["instructions", "memory", "memory", "skill", "instructions", "user"]
    assert [block.prompt for block in blocks] == [False] * 5 + [True]
    assert [(item.kind, item.prompt) for item in child if isinstance(item, Block)] == [("user", False)]


def test_settings_that_change_are_told_once(tmp_path: Path) -> None:
    """The first ones are no change, and repeating them is none."""

    def context(**more: Any) -> dict[str, Any]:
        payload = {"turn_id": TURN, "model": "m", "effort": "high", "approval_policy": "never", **more}
        return {"timestamp": "2026-03-02T10:00:00.000Z", "type": "turn_context", "payload": payload}

    lines = [
        _meta(),
        context(),
        context(),
        context(model="n"),
        context(model="n", effort="low"),
        context(approval_policy="x"),
    ]
    found = [(item.what, item.name) for item in _read(tmp_path, lines) if isinstance(item, Change)]

    assert found == [("model", "n"), ("effort", "low"), ("model", "m"), ("effort", "high"), ("permission", "")]


def test_what_cannot_be_read_costs_its_line(tmp_path: Path) -> None:
    """Broken lines and wrong shapes are told, unknown types as unknown, and the rest is read."""
    good = json.dumps(_message("user", "x")).encode() + b"\n"
    odd = [b"{nope\n", b"[1]\n", b'{"type":"novelty","payload":{}}\n',
           b'{"type":"response_item","payload":{"type":"hologram"}}\n',
           b'{"type":"response_item","payload":{"type":7}}\n']  # fmt: skip
    items = _read(tmp_path, json.dumps(_meta()).encode() + b"\n" + b"".join(odd) + good)
    skipped = [(item.spot.line, item.unknown) for item in items if isinstance(item, Skipped)]

    assert skipped == [(2, False), (3, False), (4, True), (5, True), (6, False)]
    assert [item.kind for item in items if isinstance(item, Block)] == ["user"]


def test_dirty_bytes_cost_nothing_but_themselves(tmp_path: Path) -> None:
    """Invalid UTF-8, a byte order mark and half a surrogate pair stand in readable lines."""
    line = json.dumps(_message("user", "x?y")).encode()
    text = b"".join(
        [b"\xef\xbb\xbf" + json.dumps(_meta()).encode() + b"\r\n", line.replace(b"?", b"\xff") + b"\n",
         line.replace(b"?", b"\\ud800") + b"\n", b"\0\0" + line + b"\n"]
    )  # fmt: skip
    items = _read(tmp_path, text)

    assert _kinds(items) == ["user"] * 3


def test_troubles_are_told_by_their_kind(tmp_path: Path) -> None:
    """Interruptions, limits and errors of the provider; the message of an error is not repeated."""
    events = [
        _event(type="turn_aborted", reason="interrupted"),
        _event(type="error", message="secret", codex_error_info="usage_limit_exceeded"),
        _event(type="error", message="secret", codex_error_info={"response_stream_disconnected": {"code": 502}}),
        _event(type="task_complete", error=None),
        _event(type="error", message="secret"),
    ]
    found = [item for item in _read(tmp_path, [_meta(), *events]) if isinstance(item, Trouble)]

    assert [item.kind for item in found] == ["interrupted", "rate_limit", "api_error", "api_error"]
    assert not any("secret" in item.detail for item in found)


@SLOW
@given(cut=st.integers(min_value=0, max_value=14_000), name=st.sampled_from(FIXTURES))
def test_any_beginning_of_a_rollout_can_be_read(tmp_path: Path, cut: int, name: str) -> None:
    """A log that is still being written, cut at any byte, raises nothing and gives the items that are settled."""
    text = (FOLDER / f"{name}.jsonl").read_bytes()[:cut]
    items = _read(tmp_path, text, session=_ident(_lines(name)))

    assert sum(isinstance(item, Skipped) for item in items) <= 1


@SLOW
@given(data=st.data(), name=st.sampled_from(FIXTURES))
def test_repeats_and_strangers_change_nothing(tmp_path: Path, data: st.DataObject, name: str) -> None:
    """Usage that is written again, echoes, fields and events that nobody knows leave the transcript as it was."""
    lines = _lines(name)
    at = data.draw(st.integers(min_value=3, max_value=len(lines)))
    last = next((line for line in reversed(lines[:at]) if (line.get("payload") or {}).get("info")), None)
    strangers = [_event(type=kind, message="echo") for kind in ("agent_message", "user_message", "sparkle")]
    stranger = data.draw(st.sampled_from([*strangers, *([last] if last else [])]))
    changed = [*lines[:at], stranger, *lines[at:]]
    field = data.draw(st.dictionaries(st.sampled_from(["zebra", "quux"]), st.integers() | st.text() | st.none()))
    changed = [
        {**line, **field, **({"payload": {**line["payload"], **field}} if "payload" in line else {})}
        for line in changed
    ]

    assert _unplaced(_read(tmp_path, lines, _ident(lines))) == _unplaced(_read(tmp_path, changed, _ident(lines)))


def _unplaced(items: list[TranscriptItem]) -> list[Any]:
    """Without the places and times that an additional line moves."""
    return [item if isinstance(item, Spawn) else item._replace(spot=None) for item in items]  # type: ignore[arg-type]


if __name__ == "__main__":
    for fixture in FIXTURES:
        (FOLDER / f"{fixture}.txt").write_text(_golden(fixture), encoding="utf-8")
