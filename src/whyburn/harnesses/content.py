"""What is measured of a text, so that the text itself need not travel.

`measure` gives what every block of a transcript has: its size, a hash that ignores whitespace, and its texture.
`result_facts` adds what a tool result tells: whether it is the same as another one apart from times and addresses
(`steady`) or apart from all numbers (`shape`), what failed in it (`failures`), and which files it mentions. A file
that was read, or the note that one was changed, is spared what only the output of a program can tell.

Everything is bounded: regular expressions see the two ends of a long text, the middle is only translated and hashed.
They begin with a literal character wherever they scan freely, because Python then skips ahead at the speed of memory.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from whyburn.harnesses.failures import Failed, summary_verdict, what_failed
from whyburn.harnesses.mentions import mentions
from whyburn.harnesses.volatile import DIGITS, SPACES, digest_of, rerun_hashes

if TYPE_CHECKING:
    from whyburn.transcript import Action, Texture

_PLAIN: frozenset[Action | None] = frozenset({"read", "edit", "write", "plan"})
"""What answers with files or fixed sentences: there is nothing volatile in them, and no test runner speaks."""
_LISTED = 4_096
"""Characters of a result in which paths are looked for: listings repeat themselves."""


class Content(NamedTuple):
    """What every block has."""

    size: int
    """Bytes of UTF-8."""
    hash: int
    """63 bits, of the text without its whitespace; 0 for a text that has nothing else."""
    texture: Texture


class ResultFacts(NamedTuple):
    """What a tool result tells; the fields mean what they mean in `transcript.ToolResult`."""

    content: Content
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
    return _content(encoded(text))


def result_facts(text: str, *, failed: bool, action: Action | None = None) -> ResultFacts:
    """The facts of a tool result; `failed` says that the harness or an exit code called it a failure, `action` what
    the call did, where it is known.

    What failed is also looked for when a test runner's summary tells of failures although the command ended well,
    as it does behind a pipe.
    """
    data = encoded(text)
    content = _content(data)
    if action in _PLAIN and not failed:
        passed, steady, shape = None, content.hash, 0
    else:
        passed, (steady, shape) = summary_verdict(data), rerun_hashes(data)
    broken = what_failed(text) if failed or passed is False else Failed()
    lines = text.split("\n")
    return ResultFacts(
        content, steady, shape,
        fingerprint=digest_of(encoded("\n".join(broken.marks))),
        error=broken.error,
        lines=len(lines) - (not lines[-1]),
        longest_line=max(map(len, lines)),
        generated=_says_generated(data[:2_048]),
        mentions=mentions(text, within=_LISTED),
        passed=passed,
    )  # fmt: skip


def encoded(text: str) -> bytes:
    """UTF-8; lone surrogates, which JSON can smuggle in, count as the three bytes that they would take."""
    return text.encode("utf-8", "surrogatepass")


def size_of(text: str) -> int:
    """Bytes of UTF-8, without making them where they can be told."""
    return len(text) if text.isascii() else len(encoded(text))


def _content(data: bytes) -> Content:
    visible = data.translate(None, SPACES)
    return Content(len(data), digest_of(visible), _texture(visible))


# --- texture -----------------------------------------------------------------------------------------------------

_SAMPLE = 400
_BEYOND_ASCII = bytes(range(128, 256))
_DATA_MARKS = b'"{}[]:,' + DIGITS
_CODE_MARKS = b"();=<>_/\\`&|*#+$@"


def _texture(visible: bytes) -> Texture:
    """Judged by the share of telling characters in two samples of what is visible, of the head and of the middle."""
    middle = len(visible) // 2
    sample = visible if middle <= _SAMPLE else visible[:_SAMPLE] + visible[middle : middle + _SAMPLE]
    if not sample.isascii() and _share(sample, _BEYOND_ASCII) > 0.3:
        return "other"
    data_share = _share(sample, _DATA_MARKS)
    if data_share > 0.22:
        return "data"
    return "code" if data_share + _share(sample, _CODE_MARKS) > 0.1 else "prose"


def _share(sample: bytes, characters: bytes) -> float:
    return (len(sample) - len(sample.translate(None, characters))) / (len(sample) or 1)


# --- what a text says of itself ------------------------------------------------------------------------------------

_GENERATED = re.compile(
    rb"@generated\b|generated\b.{0,200}\bdo not (?:edit|modify)|\bdo not (?:edit|modify)\b.{0,200}generated\b",
    re.DOTALL,
)


_SPEAKING_OF = re.compile(rb"[=\"'`]")
"""Before the words on their line: a program that writes such marks, or looks for them, holds them in a string."""


def _says_generated(head: bytes) -> bool:
    lowered = head.lower()
    if b"generated" not in lowered:
        return False
    return any(
        _SPEAKING_OF.search(lowered, lowered.rfind(b"\n", 0, said.start()) + 1, said.start()) is None
        for said in _GENERATED.finditer(lowered)
    )
