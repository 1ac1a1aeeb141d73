"""A day with something to explain: native logs with whole conversations, read by the real commands.

Today, in Berlin: a Claude session that reads a lockfile and carries it along, runs a failing test again and again, and
pauses until its cache is gone; a short Claude session in which nothing is wrong; a Codex session of a model without a
price. Yesterday: one more short Claude session. Prices are those of `shop`; the clock stands still with it. A key, a
mail address and escape sequences are planted where a log may have them.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import shop
from fresh import Said
from whyburn.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

DEAR, SHORT, OLD = "3d1f0a52-aaaa-4000-8000-000000000001", "3d19b7c1-bbbb-4000-8000-000000000002", "5c00aa10-cccc-4000"
THREAD = "019a0001-0000-7000-8000-000000000001"
KEY = "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWx"
MAIL = "somebody@example.org"
HOSTILE = "fix cart \x1b[31mrounding\x1b]0;owned\x07\u202e <b>now</b>"
FAILED = "\n".join([
    *(f"tests/test_cart.py::test_rounds_{n} PASSED" for n in range(60)),
    "tests/test_cart.py::test_rounds_down FAILED", "E   assert Decimal('10.01') == Decimal('10.00')",
    "FAILED tests/test_cart.py::test_rounds_down - AssertionError", "==== 1 failed, 60 passed in 3.21s ====",
])  # fmt: skip


class Day:
    """A home with that day, and the program in it."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.log = home / f".claude/projects/p/{DEAR}.jsonl"
        self._capsys = capsys

    def ask(self, *words: object) -> Said:
        """Run a command."""
        self._capsys.readouterr()
        code = run(["--db", str(self.home / "ledger.db"), *map(str, words)])
        return Said(code, *self._capsys.readouterr())

    def said(self, *words: object) -> str:
        """What a command that works prints."""
        found = self.ask(*words)
        assert found.code == 0, found.err
        return found.out

    def answered(self, *words: object) -> dict[str, Any]:
        """The JSON of a command that works."""
        found: dict[str, Any] = json.loads(self.said(*words, "--json"))
        return found

    def refused(self, code: int, *words: object) -> str:
        """The one line of a command that fails with this code."""
        found = self.ask(*words)
        assert (found.code, found.out, found.err.count("\n")) == (code, "", 1), found
        return found.err


class Log:
    """A Claude Code transcript that is being written: every call pays for what stands before it."""

    def __init__(self, session: str, cwd: str, start: str, *, title: str | None = None) -> None:
        self.session, self.cwd, self.title = session, cwd, title
        self.now = datetime.fromisoformat(start)
        self.rows: list[dict[str, Any]] = []
        self.prompt_tokens, self.cached, self.tools = 9_000, 0, 0

    def say(self, text: str) -> Log:
        """The user writes."""
        self._row("user", {"role": "user", "content": text})
        self.prompt_tokens += len(text) // 4 + 10
        return self

    def call(self, text: str = "Looking.", *, use: tuple[str, dict[str, Any]] | None = None, output: int = 120) -> Log:
        """The model answers, perhaps with one tool call."""
        number = len(self.rows)
        content: list[dict[str, Any]] = [{"type": "text", "text": text}]
        if use is not None:
            self.tools += 1
            content.append({"type": "tool_use", "id": self._tool, "name": use[0], "input": use[1]})
        written = self.prompt_tokens - self.cached
        usage = {
            "input_tokens": 3, "output_tokens": output, "cache_read_input_tokens": self.cached,
            "cache_creation_input_tokens": written,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        }  # fmt: skip
        message = {"id": f"msg_{self.session[:8]}_{number}", "type": "message", "role": "assistant", "model":
                   "claude-atlas-5", "content": content, "usage": usage,
                   "stop_reason": "end_turn" if use is None else "tool_use"}  # fmt: skip
        self._row("assistant", message, requestId=f"req_{self.session[:8]}_{number}")
        self.cached, self.prompt_tokens = self.prompt_tokens, self.prompt_tokens + output
        return self

    def result(self, text: str, *, failed: bool = False) -> Log:
        """What the tool gave back."""
        block = {"type": "tool_result", "tool_use_id": self._tool, "content": text, "is_error": failed}
        self._row("user", {"role": "user", "content": [block]})
        self.prompt_tokens += len(text) // 4 + 10
        return self

    def read(self, path: str, text: str) -> Log:
        """A file is read whole."""
        return self.call(use=("Read", {"file_path": f"{self.cwd}/{path}"})).result(text)

    def run(self, command: str, text: str, *, failed: bool = False) -> Log:
        """A command is run."""
        return self.call(use=("Bash", {"command": command})).result(text, failed=failed)

    def edit(self, path: str) -> Log:
        """A file is changed."""
        change = {"file_path": f"{self.cwd}/{path}", "old_string": "round(x)", "new_string": "x.quantize(CENT)"}
        return self.call(use=("Edit", change)).result(f"The file {path} has been updated.")

    def pause(self, minutes: int) -> Log:
        """Nobody does anything; the cache does not outlive more than five minutes of that."""
        self.now += timedelta(minutes=minutes)
        self.cached = 0 if minutes > 5 else self.cached
        return self

    def write(self, home: Path) -> Path:
        """The file, below a home."""
        rows = [*self.rows]
        if self.title is not None:
            rows.append({"type": "custom-title", "customTitle": self.title, "sessionId": self.session})
        path = home / ".claude/projects/p" / f"{self.session}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows), encoding="utf-8")
        return path

    @property
    def _tool(self) -> str:
        return f"toolu_{self.session[:8]}_{self.tools}"

    def _row(self, kind: str, message: dict[str, Any], **more: Any) -> None:
        self.now += timedelta(seconds=8)
        before = self.rows[-1]["uuid"] if self.rows else None
        self.rows.append({
            "type": kind, "uuid": f"{self.session[:8]}-{len(self.rows)}", "parentUuid": before, "isSidechain": False,
            "sessionId": self.session, "cwd": self.cwd, "gitBranch": "main", "version": "2.1.220",
            "timestamp": self.now.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "message": message, **more,
        })  # fmt: skip


def dear_log() -> Log:
    """The session that was expensive."""
    log = Log(DEAR, "/home/ana/shop/api", "2026-11-21T08:14:00", title=HOSTILE)
    log.say("The cart is off by a cent, please mend it.").read("package-lock.json", _lockfile())
    for name in ("cart", "price", "tax"):
        log.read(f"src/{name}.py", _source(name))
    log.run(f"curl -s -H 'Authorization: Bearer {KEY}' https://shop.test/cart?by={MAIL}", '{"total": "10.01"}')
    for _ in range(4):
        log.run("pytest -q tests/test_cart.py", FAILED, failed=True)
    log.edit("src/cart.py").pause(64).say("Go on.")
    log.run("pytest -q tests/test_cart.py", "==== 61 passed in 3.05s ====").run(
        "git commit -am 'Round once'", "1 file changed"
    )
    return log.call("Done: amounts are rounded once.")


def short_log(session: str = SHORT, start: str = "2026-11-21T09:00:00") -> Log:
    """A session in which nothing is wrong."""
    log = Log(session, "/home/ana/shop/web", start)
    return log.say("Is the header sticky on mobile?").read("src/header.css", "header { position: sticky }").call("Yes.")


def build(home: Path) -> Path:
    """Write the logs and settings below a home folder and read them; the ledger's path."""
    dear_log().write(home)
    short_log().write(home)
    short_log(OLD, "2026-11-20T09:00:00").write(home)
    codex_log(home)
    config = home / ".config/whyburn"
    config.mkdir(parents=True)
    (config / "config.toml").write_text('[reports]\nrefresh = "never"\ntimezone = "Europe/Berlin"\n')
    (config / "prices.toml").write_text(shop.PRICES)
    (config / "machine.toml").write_text('[machine]\nname = "desk"\n')
    ledger = home / "ledger.db"
    assert run(["--db", str(ledger), "refresh"]) == 0
    return ledger


def codex_log(home: Path, *, thread: str = THREAD, model: str = "mystery-model") -> Path:
    """A Codex rollout with one command, of a model without a price."""
    day = "2026-11-21T07:00"
    whole = [0, 0, 0, 0]
    rows = [_event(day, 1, "session_meta", {"id": thread, "cwd": "/home/ana/infra", "model_provider": "openai",
                                            "cli_version": "0.150.0"}),
            _event(day, 2, "turn_context", {"cwd": "/home/ana/infra", "model": model, "effort": "high"}),
            _message(day, 3, "user", "rotate the tokens")]  # fmt: skip
    for step in range(2):
        call = {"type": "function_call", "name": "exec_command", "call_id": f"c{step}", "arguments":
                json.dumps({"cmd": "grep -rn region deploy"})}  # fmt: skip
        answer = {"type": "function_call_output", "call_id": f"c{step}", "output": "deploy/a.yml:1: region: eu\n" * 50}
        last = [12_000 + step * 900, 8_000 * step, 240, 100]
        whole = [a + b for a, b in zip(whole, last, strict=True)]
        info = {"total_token_usage": _counts(whole), "last_token_usage": _counts(last)}
        rows += [_event(day, 5 + step * 9, "response_item", call), _event(day, 7 + step * 9, "response_item", answer),
                 _event(day, 9 + step * 9, "event_msg", {"type": "token_count", "info": info})]  # fmt: skip
    path = home / f".codex/sessions/2026/rollout-2026-11-21T07-00-00-{thread}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _counts(values: list[int]) -> dict[str, int]:
    given, cached, output, reasoning = values
    return {"input_tokens": given, "cached_input_tokens": cached, "output_tokens": output,
            "reasoning_output_tokens": reasoning, "total_tokens": given + output}  # fmt: skip


def _event(day: str, second: int, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": f"{day}:{second:02d}.000Z", "type": kind, "payload": payload}


def _message(day: str, second: int, role: str, text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return _event(day, second, "response_item", {"type": "message", "role": role, "content": content})


def _lockfile() -> str:
    return "\n".join(f'    "node_modules/part-{n}": {{"version": "1.{n}.0", "integrity": "sha512-{n:040d}"}},'
                     for n in range(1_200))  # fmt: skip


def _source(name: str) -> str:
    return "\n".join(f"def {name}_{n}(amount, rate):\n    return round(amount * rate, {n})\n" for n in range(90))
