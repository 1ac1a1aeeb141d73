"""Histories: how the bytes of a tree may come to be seen, made from a seed."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from laws.trees import Shuffled, Tree, ingest, put, small_pieces

if TYPE_CHECKING:
    from pathlib import Path


def live_through(tree: Tree, folder: Path, seed: int, *, losses: bool = False) -> Path:
    """Let a tree grow in pieces of any size, with copies, touched times and repeated refreshes; the ledger's path.

    With `losses`, sources are also cut, emptied, replaced and deleted between refreshes. Every byte of the tree is
    seen at least once, in some file.
    """
    rng = Random(seed)
    ledger, root, other = folder / "ledger.db", folder / "logs", folder / "backup"
    harness = Shuffled(tree.harness, rng)
    sizes = dict.fromkeys(tree.files, 0)
    for step in range(rng.randrange(1, 5)):
        for path in tree.files:
            if rng.random() < 0.6:
                sizes[path] = rng.randrange(sizes[path], len(tree.text(path)) + 1)
        grow(tree, root, sizes)
        refresh(ledger, harness, [root], rng)
        if losses:
            lose(tree, root, sizes, rng)
            refresh(ledger, harness, [root], rng)
        if root.exists() and rng.random() < 0.4:
            shutil.copytree(root, other / f"copy{step}", dirs_exist_ok=True)
    shuffle_times(root, rng)
    grow(tree, root, {path: len(tree.text(path)) for path in tree.files})
    roots = [root, *(sorted(other.iterdir()) if other.exists() else ())]
    for _ in range(rng.randrange(1, 3)):
        rng.shuffle(roots)
        refresh(ledger, harness, roots, rng)
    return ledger


def grow(tree: Tree, root: Path, sizes: dict[str, int]) -> None:
    """Bring every file to its size; files of no bytes are not there yet."""
    for path, size in sizes.items():
        if size:
            put(root / path, tree.text(path)[:size])
    for path, text in tree.sidecars.items():
        put(root / path, text)


def refresh(ledger: Path, harness: Shuffled, roots: list[Path], rng: Random) -> None:
    """One refresh in pieces of a random size, sometimes from the start, sometimes twice."""
    for _ in range(rng.choice((1, 1, 2))):
        with small_pieces(batch=rng.choice((1, 3_000, 1 << 20)), chunk=rng.choice((64, 700, 1 << 19))):
            ingest(ledger, harness, roots, full=rng.random() < 0.15)


def lose(tree: Tree, root: Path, sizes: dict[str, int], rng: Random) -> None:
    """What rotation, clean-up and editors do to logs."""
    for path in tree.files:
        file = root / path
        if not file.exists() or rng.random() < 0.5:
            continue
        harm = rng.choice(("delete", "truncate", "empty", "rotate"))
        if harm == "delete":
            file.unlink()
        elif harm == "truncate":
            os.truncate(file, rng.randrange(file.stat().st_size + 1))
        elif harm == "empty":
            os.truncate(file, 0)
        else:
            file.rename(file.with_suffix(f".{rng.randrange(1000)}.jsonl"))
        sizes[path] = 0


def shuffle_times(root: Path, rng: Random) -> None:
    """Modification times that tell nothing about the order of writing."""
    for file in root.rglob("*.jsonl"):
        with suppress(FileNotFoundError):
            os.utime(file, ns=(at := rng.randrange(10**18, 2 * 10**18), at))
