"""What a search looks for, and whether it looks over a whole tree."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from whyburn.postmortem.programs import operands, program_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from whyburn.postmortem.shell import Part

    Words = Sequence[str]

_GREPS = frozenset({
    "rg", "ripgrep", "grep", "egrep", "fgrep", "zgrep", "ugrep", "ag", "ack", "findstr", "select-string",
})  # fmt: skip
_GREP_VALUED = frozenset({
    "-A", "-B", "-C", "-m", "-g", "-t", "-T", "-f", "-d", "-D", "-M", "-j", "--glob", "--iglob", "--type",
    "--type-not", "--max-count", "--context", "--after-context", "--before-context", "--include", "--exclude",
    "--exclude-dir", "--sort", "--max-depth", "--replace", "--color", "--max-columns", "--max-filesize",
    "--ignore-file", "-Path",
})  # fmt: skip
_PATTERN_OPTION = re.compile(r"(?:-[a-zA-Z]*e|--regexp|-Pattern)$")
_FD_VALUED = frozenset({
    "-t", "-e", "-E", "-d", "-x", "-X", "-j", "-g", "--type", "--extension", "--exclude", "--max-depth", "--exec",
})  # fmt: skip
_FIND_TESTS = frozenset({"-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex"})
_WHOLE_TREE = frozenset({"", ".", "./", "/", "~", "..", "*", "$HOME", "$PWD"})


def pattern_of(part: Part) -> str | None:
    """What a search looks for; None when it looks for nothing, or is no search."""
    program, words = program_name(part.words[0]), part.words[1:]
    if program == "git" and words[:1] == ("grep",):
        return _grep_pattern(words[1:], valued=_GREP_VALUED)
    if program == "find":
        return _after(words, lambda option: option in _FIND_TESTS)
    if program in {"fd", "fdfind"}:
        return next(iter(_plain(words, _FD_VALUED)), None)
    if program in _GREPS:
        return _grep_pattern(words, valued=_GREP_VALUED | ({"-r"} if program == "rg" else set()))
    return None


def _grep_pattern(words: Words, *, valued: frozenset[str]) -> str | None:
    if "--files" in words:
        return None
    given = _after(words, lambda option: _PATTERN_OPTION.match(option) is not None)
    return given if given is not None else next(iter(_plain(words, valued)), None)


def _after(words: Words, wanted: Callable[[str], bool]) -> str | None:
    """The value of the first option that is wanted."""
    return next((value for option, value in pairwise(words) if wanted(option)), None)


def _plain(words: Words, valued: frozenset[str]) -> list[str]:
    """Arguments that are neither options nor the values of these options."""
    pairs = zip(("", *words), words, strict=False)
    return [word for before, word in pairs if before not in valued and (not word.startswith("-") or word == "-")]


# --- broad -------------------------------------------------------------------------------------------------------


def is_broad(part: Part) -> bool:
    """It looks over a whole tree without saying for what, or, as `grep -r` does, through all text below."""
    broad = _BROAD.get(program_name(part.words[0]))
    return broad is not None and broad(part)


def _broad_find(part: Part) -> bool:
    words = part.words[1:]
    start = words[0] if words and words[0][:1] not in {"-", "("} else ""
    flat = _after(words, lambda option: option == "-maxdepth") in {"0", "1"}
    return start in _WHOLE_TREE and not flat and not (pattern_of(part) or "").strip("*.")


def _broad_rg(part: Part) -> bool:
    narrowed = any(word.startswith(("-g", "-t", "--glob", "--iglob", "--type")) for word in part.words)
    return not narrowed and ("--files" in part.words or pattern_of(part) in {"", ".", ".*"})


def _with_option(pattern: str) -> Callable[[Part], bool]:
    option = re.compile(pattern)
    return lambda part: any(option.match(word) for word in part.words[1:])


_BROAD: Mapping[str, Callable[[Part], bool]] = {
    "find": _broad_find,
    "tree": lambda _part: True,
    **dict.fromkeys(("rg", "ripgrep", "ag"), _broad_rg),
    **dict.fromkeys(("fd", "fdfind"), lambda part: pattern_of(part) in {None, "."}),
    **dict.fromkeys(("grep", "egrep", "fgrep"), _with_option(r"-[a-zA-Z]*[rR]|--(?:dereference-)?recursive")),
    **dict.fromkeys(("ls", "dir", "get-childitem", "gci"), _with_option(r"-[a-zA-Z]*R|--recursive|(?i:-recurse|/s)$")),
    "git": lambda part: operands(part.words[1:]) == ["ls-files"],
}
