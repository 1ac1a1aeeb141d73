"""Logs full of secrets: every kind of secret in every place of a log that a report may quote.

Made while the tests run and put together from pieces, so that no file of the project looks as if it held a key. What is
searched for afterwards is the heart of each secret: half a key is a leak too.
"""

from __future__ import annotations

import json
import random
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.emit import emit
from simulator.script import Attach, Call, Result, Say, Script, Tools, Use, User

if TYPE_CHECKING:
    from simulator.sessions import Harness

NOW_MS = 1_795_000_000_000
"""2026-11-18 11:06:40 UTC: a minute after the last event of every log."""
PROMPT = "walrus signs the merger on the ninth of never"
CONTENT = "def settle_the_walrus_account(): return 'unannounced'"
OUTPUT = "walrus balance 4711 is overdrawn since the ninth of never"
SAID = "walrus insolvency stays between us two"
SENTENCES = (PROMPT, CONTENT, OUTPUT, SAID)
"""Text of a conversation: a prompt, a file, an output, an answer."""
HOST, WORK = "ana-laptop", ("shop-on-the-moon", "feature-tin-whistle", "a tale of two carts", "walrus_ledger")
"""A machine's name, and words that name the work: folder, branch, title, file and command."""


_MODELS = {"claude": ("claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"),
           "codex": ("gpt-5.1-codex", "gpt-5.1-codex-mini")}  # fmt: skip


class Secret(NamedTuple):
    """A secret as it stands in a log."""

    kind: str
    text: str
    heart: str
    """What must be seen nowhere."""


def secrets() -> list[Secret]:
    """One of each kind, the same in every run."""
    rng = random.Random("planted")

    def some(length: int, letters: str = string.ascii_letters + string.digits) -> str:
        return "".join(rng.choice(letters) for _ in range(length))

    upper = string.ascii_uppercase + string.digits
    forms: list[tuple[str, str, str]] = [
        (kind, before + heart + after, heart)
        for kind, before, heart, after in (
            ("anthropic", "sk-" + "ant-api03-", some(40), ""),
            ("openai", "sk-" + "proj-", some(40), ""),
            ("openai-old", "sk" + "-", some(40), ""),
            ("stripe", "sk_" + "live_", some(24), ""),
            ("github", "gh" + "p_", some(36), ""),
            ("github-fine", "github" + "_pat_", some(60), ""),
            ("gitlab", "gl" + "pat-", some(20), ""),
            ("slack", "xo" + "xb-", some(40), ""),
            ("aws", "AK" + "IA", some(16, upper), ""),
            ("google", "AI" + "za", some(35), ""),
            ("jwt", "ey" + "JhbGciOiJIUzI1NiJ9.", f"{some(30)}.{some(30)}", ""),
            ("private-key", "-----BEGIN RSA PRIVATE" + " KEY-----\n", some(64), "\n-----END RSA PRIVATE KEY-----"),
            ("bearer", 'curl -H "Authorization: Bearer ', some(32), '" api.example.org'),
            ("address", "https://ana:", some(14), "@shop.example.org/orders"),
            ("mail", "", some(12).lower(), "@example.org"),
            ("assigned", "export SHOP_API_KEY=", some(20), " && make"),
            ("assigned-quoted", 'DB_PASSWORD="', some(20), '"'),
            ("in-json", '{"client_secret": "', some(20), '"}'),
            ("option", "psql --password ", some(14), " shop"),
            ("query", "https://shop.example.org/?token=", some(20), "&page=2"),
            ("env-file", "config/.env.", some(12).lower(), ""),
        )
    ]
    return [Secret(*form) for form in forms]


def leaks(text: str, hearts: list[str]) -> list[str]:
    """Hearts of which a piece of eight characters or more can be seen; of a sentence, twenty."""
    return [heart for heart in hearts if any(piece in text for piece in _pieces(heart))]


def _pieces(heart: str) -> list[str]:
    size = 20 if " " in heart else 8
    return [heart[at : at + size] for at in range(0, len(heart) - size + 1, 2)]


def plant(home: Path, harness: Harness, *, seed: int = 1, named: bool = True) -> None:
    """A long session with every secret everywhere, and (`named`) small ones with each in folder, branch and title."""
    _log(home, _everywhere(harness), seed=seed, title=WORK[2])
    for nth, one in enumerate(secrets() if named else ()):
        word = one.text.replace("\n", " ")
        script = Script((User(40, words=word), Call((Say(20, words=word),))), harness, _MODELS[harness][0],
                        cwd=f"/home/ana/{word.replace('/', '-')[:90]}", branch=word)  # fmt: skip
        _log(home, script, seed=seed + 1 + nth, title=word)


def _log(home: Path, script: Script, *, seed: int, title: str) -> None:
    truth = emit(script, str(home), seed=seed, now_ms=NOW_MS)
    named = {"type": "custom-title", "customTitle": title, "sessionId": truth.session}
    if script.harness == "codex":
        named = {"id": truth.session, "thread_name": title, "updated_at": "2026-11-18T11:05:40.000Z"}
    place = home / ".codex/session_index.jsonl" if script.harness == "codex" else Path(truth.files[0])
    with place.open("a", encoding="utf-8") as file:
        file.write(json.dumps(named) + "\n")


def _everywhere(harness: Harness) -> Script:
    words = [one.text for one in secrets()]
    actions: list[Any] = [
        Attach("instructions", 400, f"{words[0]}/CLAUDE.md", sticky=True), Tools("shop", 300),
        User(200, words=" ".join([PROMPT, *words]) + " "),
    ]  # fmt: skip
    for nth, word in enumerate(words):
        actions += [
            Attach("file", 200, f"notes/{word}.md"), User(100, words=word), _steps(word, nth),
            *(_retry(word) for _ in range(3)), Call((_agent(word, harness),)),
            Call((Say(40, words=f"{SAID} {word} "),)),
        ]  # fmt: skip
    return Script(tuple(actions), harness, _MODELS[harness][0], cwd=f"/home/ana/{WORK[0]}", branch=WORK[1])


def _steps(word: str, nth: int) -> Call:
    """A command, a search, a read, an edit, a page and a server's tool, all with the secret."""
    told = Result(1_500, head=f"{OUTPUT}\n{word}\n")
    pad = "x" * (130 - 7 * (nth % 5))  # labels are cut behind it, inside the secret
    path = f"{WORK[3]}/{nth if ' ' in word else word}.py"
    return Call((
        Use("run", told, command=f"python {WORK[3]}.py && echo '{word}'"),
        Use("run", told, command=f"echo {pad} '{word}'"),
        Use("search", told, query=word, path="src"),
        Use("search", told, query=f"{pad}{pad[:20]} {word}", path="src"),
        Use("read", Result(3_000, head=f"1\t{CONTENT}\n2\t{word}\n"), path=path),
        Use("read", Result(3_000, head=f"1\t{CONTENT}\n2\t{word}\n"), path=path),
        Use("edit", Result(40), path=path, content=300),
        Use("fetch", told, query=f"https://shop.example.org/{word}"),
        Use("mcp", told, server="shop", query="orders"),
        Use("plan", Result(40), query=word),
    ))  # fmt: skip


def _retry(word: str) -> Call:
    """The same failure again; its error line has the secret."""
    head = f"Traceback (most recent call last):\nValueError: {OUTPUT} {word}\nFAILED tests/test_cart.py::{word}\n"
    failed = Result(800, head=head, failure="failed", exit_code=1)
    return Call((Use("run", failed, command=f"pytest -q tests/test_cart.py -k '{word}'"),))


def _agent(word: str, harness: Harness) -> Use:
    look = Use("run", Result(300, head=word), command=f"echo '{word}'")
    actions = (User(60, words=word), Call((look,)), Call((Say(40, words=word),)))
    script = Script(actions, harness, _MODELS[harness][1], agent="Explore", tools=500, system=300)
    return Use("spawn", Result(200, head=f"{OUTPUT} {word}"), query=word, agent=script)
