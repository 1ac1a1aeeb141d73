"""Which file paths a text mentions: those with a folder and a known suffix, and manifests, which need no folder.

Every known suffix is found first, and its path is what stands before it: a regular expression that begins with a
literal character skips ahead at the speed of memory, one that begins with any letter of a path would not.
"""

from __future__ import annotations

import re

_MOST = 50
_LONGEST_PATH = 240
_SUFFIXES = (
    "adoc astro bash c cc cfg cjs clj cmake conf cpp cs csproj css csv cts cxx dart diff env erl ex exs fish fs go"
    " gradle graphql h hh hpp hs htm html hxx ini ipynb j2 java jl js json json5 jsonc jsonl jsx kt kts less lock lockb"
    " log lua m map md mdx mjs mk ml mm mod mts nix patch php pl properties proto ps1 py pyi r rb rs rst scala scss sh"
    " sln snap sol sql sum svelte svg swift tex tf tmpl toml ts tsv tsx txt vb vue xml yaml yml zig zsh"
)


def _any_of(words: str) -> str:
    """A pattern for the words, grouped by their first letters, so that a miss costs one comparison a letter."""
    by_letter: dict[str, list[str]] = {}
    for word in words.split():
        by_letter.setdefault(word[0], []).append(word[1:])
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())


_SUFFIX = re.compile(rf"\.(?:{_any_of(_SUFFIXES)})(?![\w/]|\.\w|-\w)")
_PATH = re.compile(r"(?<![\w@~.+\-/\\\[\]])[\w@~.+\-/\\\[\]]++\Z")
_ESCAPED_BREAK = re.compile(r".*\\[nrt]?")
"""Text that was encoded twice has `\\n` before a path, which is no letter of it."""
_MANIFESTS = frozenset({
    "package.json", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock",
    "bun.lock", "bun.lockb", "tsconfig.json", "pyproject.toml", "poetry.lock", "uv.lock", "requirements.txt",
    "Pipfile.lock", "setup.cfg", "setup.py", "Cargo.toml", "Cargo.lock", "go.mod", "go.sum", "Gemfile.lock",
    "composer.json", "composer.lock", "pom.xml", "build.gradle", "CMakeLists.txt", "deno.json", "deno.lock",
})  # fmt: skip
"""Manifests and locks, which need no folder to be recognised."""


def mentions(text: str, *, within: int = 8_192) -> tuple[str, ...]:
    """The file paths `within` so many characters of a text, each once, in order; fifty at most."""
    found: dict[str, None] = {}
    for suffix in _SUFFIX.finditer(text, 0, within):
        end = suffix.end()
        word = text[max(0, end - _LONGEST_PATH) : end].rsplit(None, 1)[-1]
        path = _PATH.findall(word)[0]
        if "[" in path or "\\" in path:
            path = _without_wrapping(path)
        if ("/" in path and "//" not in path) or path in _MANIFESTS:
            found[path] = None
            if len(found) == _MOST:
                break
    return tuple(found)


def _without_wrapping(path: str) -> str:
    """The path without what stood before it."""
    if path.startswith("[") and "]" not in path:
        path = path[1:]
    return _ESCAPED_BREAK.sub("", path) if "\\" in path else path
