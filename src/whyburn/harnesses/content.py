"""What is measured of a text, so that the text itself need not travel.

`measure` gives what every block of a transcript has: its size, a hash that ignores whitespace, and its texture.
`result_facts` adds what a tool result tells: whether it is the same as another one apart from times and addresses
(`steady`) or apart from all numbers (`shape`), what failed in it (`failures`), and which files it mentions.

Everything is bounded: regular expressions see the two ends of a long text, the middle is only translated and hashed.
They begin with a literal character wherever they scan freely, because Python then skips ahead at the speed of memory.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from whyburn.harnesses.failures import Failed, summary_verdict, what_failed

if TYPE_CHECKING:
    from whyburn.transcript import Texture

_SPACES = b" \t\n\r\x0b\x0c"
_DIGITS = b"0123456789"
_PROGRESS = _SPACES + _DIGITS + b"=#.>-"
"""What changes in a text that only counts on: numbers, and the bars that are drawn for them."""


class Content(NamedTuple):
    """What every block has."""

    size: int
    """Bytes of UTF-8."""
    hash: int
    """63 bits, of the text without its whitespace; 0 for a text that has nothing else."""
    texture: Texture


class ResultFacts(NamedTuple):
    """What a tool result tells; the fields mean what they mean in `transcript.ToolResult`."""

    steady: int
    shape: int
    fingerprint: int
    error: str
    lines: int
    longest_line: int
    generated: bool
    mentions: tuple[str, ...]
    passed: bool | None


def measure(text: str) -> Content:
    """Size, hash and texture. Texts that differ only in whitespace have equal hashes.

    Whitespace is removed, not collapsed: that is one pass in C, and texts that differ in nothing but where words
    break are the same text for whoever pays for them.
    """
    data = encoded(text)
    return Content(len(data), _hash(data.translate(None, _SPACES)), _texture(data))


def result_facts(text: str, *, failed: bool) -> ResultFacts:
    """The facts of a tool result; `failed` says that the harness or an exit code called it a failure.

    What failed is also looked for when a test runner's summary tells of failures although the command ended well,
    as it does behind a pipe.
    """
    data = encoded(text)
    passed = summary_verdict(data)
    broken = what_failed(text) if failed or passed is False else Failed()
    return ResultFacts(
        steady=_hash(_without_volatile(data)),
        shape=_hash(data.translate(None, _PROGRESS)),
        fingerprint=_hash("\n".join(broken.marks).encode("utf-8", "surrogatepass")),
        error=broken.error,
        lines=text.count("\n") + (not text.endswith("\n")) if text else 0,
        longest_line=max(map(len, text.split("\n"))),
        generated=_says_generated(data[:2_048]),
        mentions=mentions(text),
        passed=passed,
    )


def encoded(text: str) -> bytes:
    """UTF-8; lone surrogates, which JSON can smuggle in, count as the three bytes that they would take."""
    return text.encode("utf-8", "surrogatepass")


def _hash(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> 1 if data else 0


# --- texture -----------------------------------------------------------------------------------------------------

_SAMPLE = 512
_BEYOND_ASCII = bytes(range(128, 256))
_DATA_MARKS = b'"{}[]:,' + _DIGITS
_CODE_MARKS = b"();=<>_/\\`&|*#+$@"


def _texture(data: bytes) -> Texture:
    """Judged by the share of telling characters in two samples, of the head and of the middle."""
    middle = len(data) // 2
    sample = data if len(data) <= 2 * _SAMPLE else data[:_SAMPLE] + data[middle : middle + _SAMPLE]
    visible = sample.translate(None, _SPACES)
    if _share(visible, _BEYOND_ASCII) > 0.3:
        return "other"
    data_share = _share(visible, _DATA_MARKS)
    if data_share > 0.22:
        return "data"
    return "code" if data_share + _share(visible, _CODE_MARKS) > 0.1 else "prose"


def _share(sample: bytes, characters: bytes) -> float:
    return (len(sample) - len(sample.translate(None, characters))) / max(1, len(sample))


# --- volatile parts ----------------------------------------------------------------------------------------------

_MASK = bytes.maketrans(_DIGITS + bytes(range(65, 91)), b"0" * 10 + bytes(range(97, 123)))
"""Digits to 0 and letters to lower case: one regular expression with a literal beginning then finds every number."""
_VOLATILE = re.compile(
    rb"""0(?<![0.:]0)(?:
        (?<=d[ =:(]0)(?<=(?:pid|eed)[ =:(]0)0*          # process id, random seed
      | (?<=d:\ 0)(?<=(?:pid|eed):\ 0)0* | (?<=session\ id\ 0)0*
      | 0*+(?:
            (?<=0{9})                                   # epoch, long id
          | (?=[x:.\-smhun\ \xc2])(?:
                x[0a-f]{3,}                             # address
              | (?<=0000)-00-00(?:[t ]00:00(?::00(?:[.,]0+)?)?(?:z|\ ?[+-]00:?00)?)?
              | (?<!000):00(?::00)?(?:[.,]0+)?(?:\ ?[ap]m\b)?
              | (?:[hm]\ ?0++)*(?:\.0++)?\ ?(?:ms|s|secs?|seconds?|\xc2\xb5s|us|ns|m|mins?|minutes?|h|hours?)\b
            )
        )
    )""",
    re.VERBOSE,
)
_UUID = re.compile(rb"-0[0a-f]{3}-[0ab][0a-f]{3}-[0a-f]{12}")
_UUID_HEAD = 13
_RANDOM_NAME = rb"(?:pytest-of-[^/\s]+/)?(?:tmp[\w.\-]+|[\w.\-]*(?:0[\w.\-]*|-[a-z]{6}\b))"
_TEMPORARY = re.compile(rb"/(?:tmp/|var/folders/\w\w/[^/\s]+/t/)" + _RANDOM_NAME)
_CHUNK_HEADER = b"chunk id: "
_PADDING = _SPACES + b"="
"""What fills a line up to a width, and so depends on the length of a duration in it."""
_NUMBERS = _PADDING + _DIGITS + b"abcdefABCDEF."
_HEAD_LINES, _TAIL_LINES = 8, 24
"""Lines at either end of a text in which volatile parts are found exactly: headers and summaries stand there. Whole
lines, for an edge at a byte would move with the length of a duration; and few, for this is what costs most."""
_LONGEST_EDGE = 4_096


def _without_volatile(data: bytes) -> bytes:
    """The text without times, durations, addresses, ids, seeds, temporary names, and padding.

    From the middle of a long text everything goes that decimal and hexadecimal numbers are made of.
    """
    head, tail = _head_end(data), _tail_start(data)
    if tail <= head:
        return _cut(data).translate(None, _PADDING)
    ends = _cut(data[:head]) + b"\0" + _cut(data[tail:])
    return ends.translate(None, _PADDING) + data[head:tail].translate(None, _NUMBERS)


def _head_end(data: bytes) -> int:
    at = 0
    for _ in range(_HEAD_LINES):
        at = data.find(b"\n", at, _LONGEST_EDGE) + 1
        if not at:
            return _LONGEST_EDGE
    return at


def _tail_start(data: bytes) -> int:
    at, lowest = len(data), max(0, len(data) - _LONGEST_EDGE)
    for _ in range(_TAIL_LINES):
        at = data.rfind(b"\n", lowest, at)
        if at < 0:
            return lowest
    return at


def _cut(data: bytes) -> bytes:
    masked = data.translate(_MASK)
    spans = [found.span() for found in _VOLATILE.finditer(masked)]
    spans += [(found.start() - _UUID_HEAD, found.end()) for found in _UUID.finditer(masked)]
    spans += [found.span() for found in _TEMPORARY.finditer(masked)]
    if masked.startswith(_CHUNK_HEADER):
        spans.append((0, masked.find(b"\n") + 1))
    if not spans:
        return data
    parts, at = [], 0
    for start, end in sorted(spans):
        parts.append(data[at : max(at, start)])
        at = max(at, end)
    return b"".join([*parts, data[at:]])


# --- what a text says of itself and of files -----------------------------------------------------------------------

_GENERATED = re.compile(
    rb"@generated\b|generated\b.{0,200}\bdo not (?:edit|modify)|\bdo not (?:edit|modify)\b.{0,200}generated\b",
    re.DOTALL,
)


def _says_generated(head: bytes) -> bool:
    lowered = head.lower()
    return b"generated" in lowered and _GENERATED.search(lowered) is not None


_SCANNED = 8_192
"""Characters from the head of a text in which paths are looked for."""
_MOST_MENTIONS = 50
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
_TOKEN_BACKWARDS = re.compile(r"[\w@~.+\-/\\\[\]]*")
_ESCAPED_BREAK = re.compile(r".*\\[nrt]?")
"""Text that was encoded twice has `\\n` before a path, which is no letter of it."""
_BARE = frozenset({
    "package.json", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock",
    "bun.lock", "bun.lockb", "tsconfig.json", "pyproject.toml", "poetry.lock", "uv.lock", "requirements.txt",
    "Pipfile.lock", "setup.cfg", "setup.py", "Cargo.toml", "Cargo.lock", "go.mod", "go.sum", "Gemfile.lock",
    "composer.json", "composer.lock", "pom.xml", "build.gradle", "CMakeLists.txt", "deno.json", "deno.lock",
})  # fmt: skip
"""Manifests and locks, which need no folder to be recognised."""


def mentions(text: str) -> tuple[str, ...]:
    """The file paths in the head of a text, each once, in order: those with a folder and a known suffix, and manifests.

    Every known suffix is found first, and its path is read backwards from there.
    """
    found: dict[str, None] = {}
    for suffix in _SUFFIX.finditer(text, 0, _SCANNED):
        start = suffix.start()
        before = _TOKEN_BACKWARDS.match(text[max(0, start - _LONGEST_PATH) : start][::-1])
        head = _cleaned(before.group()[::-1]) if before else ""
        path = head + suffix.group()
        if path in _BARE or ("/" in head and "//" not in head):
            found[path] = None
            if len(found) == _MOST_MENTIONS:
                break
    return tuple(found)


def _cleaned(head: str) -> str:
    """The beginning of a path without what stood before it."""
    if head.startswith("[") and "]" not in head:
        head = head[1:]
    return _ESCAPED_BREAK.sub("", head) if "\\" in head else head
