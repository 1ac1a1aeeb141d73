"""Law 5: sources are only ever read, nothing talks to a network, and no text of a conversation is stored."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from laws import claude_logs, codex_logs
from laws.trees import rows, workshop
from support import content, ingest
from whyburn.ledger.database import open_writer

if TYPE_CHECKING:
    from pathlib import Path

    from laws.trees import Tree

TREES = {"claude": claude_logs.tree(4, turns=60), "codex": codex_logs.tree(4, turns=20)}


@pytest.mark.parametrize("harness", TREES)
def test_no_source_is_opened_for_writing_and_no_socket_is_made(harness: str) -> None:
    """Under an audit hook, an import opens sources for reading only and knows no network."""
    tree = TREES[harness]
    with workshop() as folder:
        root = tree.write(folder / "logs")
        report = folder / "events.json"
        command = [sys.executable, "-m", "laws.audited", str(folder / "ledger.db"), harness, str(root), str(report)]
        subprocess.run(command, check=True, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
        seen = json.loads(report.read_text())

        assert seen["reads"] >= len(tree.files)
        assert seen["forbidden"] == []
        assert len(rows(folder / "ledger.db", "SELECT 1 FROM call")) > 0


def state_of(root: Path) -> dict[str, tuple[str, int, int, int]]:
    """Bytes, times, modes and inodes of everything below a folder."""
    found = {}
    for path in sorted([root, *root.rglob("*")]):
        at = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ",".join(sorted(os.listdir(path)))
        found[str(path)] = (digest, at.st_mtime_ns, at.st_mode, at.st_ino)
    return found


@pytest.mark.parametrize("harness", TREES)
def test_sources_are_left_exactly_as_they_were(harness: str) -> None:
    """Bytes, modification times, modes and folder listings are the same after two imports."""
    tree = TREES[harness]
    with workshop() as folder:
        root = tree.write(folder / "logs")
        before = state_of(root)

        ingest(folder / "ledger.db", harness, root)
        ingest(folder / "ledger.db", harness, root, full=True)

        assert before == state_of(root)


@pytest.mark.parametrize("harness", TREES)
def test_sources_that_nobody_may_write_are_read(harness: str) -> None:
    """Read-only files in read-only folders give the same ledger."""
    tree = TREES[harness]
    with workshop() as folder:
        root = tree.write(folder / "logs")
        ingest(folder / "open.db", harness, root)
        set_modes(root, stat.S_IRUSR, stat.S_IRUSR | stat.S_IXUSR)

        ingest(folder / "closed.db", harness, root)

        set_modes(root, stat.S_IRUSR | stat.S_IWUSR, stat.S_IRWXU)
        assert content(folder / "open.db") == content(folder / "closed.db")


def set_modes(root: Path, of_files: int, of_folders: int) -> None:
    """Change what the owner may do with everything below a folder."""
    for path in [root, *root.rglob("*")]:
        path.chmod(of_folders if path.is_dir() else of_files)


def secrets() -> list[bytes]:
    """Sentences that stand in prompts, tool outputs and thinking of the trees."""
    texts = (claude_logs.SECRET_PROMPT, claude_logs.SECRET_OUTPUT, claude_logs.SECRET_THINKING, codex_logs.SECRET)
    return [text.encode() for text in texts]


def test_the_planted_sentences_stand_in_the_logs() -> None:
    """The test below would find them if they were stored."""
    logs = b"".join(tree.text(path) for tree in TREES.values() for path in tree.files)

    assert [secret for secret in secrets() if secret not in logs] == []


def test_no_text_of_a_conversation_is_in_the_ledger() -> None:
    """Neither the database nor its write-ahead log holds a planted sentence, not even in freed pages."""
    with workshop() as folder:
        ledger = folder / "ledger.db"
        holder = open_writer(str(ledger))
        for tree in TREES.values():
            ingest(ledger, tree.harness, tree.write(folder / tree.harness))
            ingest(ledger, tree.harness, damaged(tree).write(folder / f"damaged-{tree.harness}"))
        files = sorted(folder.glob("ledger.db*"))
        stored = b"".join(path.read_bytes() for path in files)
        holder.close()

        assert {"ledger.db", "ledger.db-wal"} <= {path.name for path in files}
        assert [secret for secret in secrets() if secret in stored] == []


def damaged(tree: Tree) -> Tree:
    """The same lines, each with something wrong in it: what is reported about them must not quote them."""
    lines = {
        path: [
            line.replace(b'"output_tokens":', b'"output_tokens":[],"x":', 1)[: -(n % 3) or None]
            for n, line in enumerate(text)
        ]
        for path, text in tree.files.items()
    }
    return tree._replace(files=lines)
