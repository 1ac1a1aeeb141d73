"""Which files a shell command reads or changes, by its own words.

Only names that stand on the command line count: a glob or a variable names no file. A pipe into `head` or `sed -n`
narrows what is read to lines; one into a filter like `grep` leaves nothing that could be called a read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.programs import program_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whyburn.postmortem.shell import Part


class Target(NamedTuple):
    """A file that a command shows."""

    path: str
    """As written; below the folder that the line changed to."""
    span: tuple[int, int] | None = None
    """Lines from 1, both inclusive; None when `whole`, or when the command does not tell by numbers."""
    whole: bool = True
    """All of it was asked for."""


_SHOWERS = frozenset({
    "cat", "nl", "bat", "batcat", "less", "more", "head", "tail", "sed", "awk", "gawk", "tac", "jq", "yq",
    "get-content", "gc", "type", "xxd", "od", "hexdump", "strings", "zcat",
})  # fmt: skip
_VALUED = {
    "head": "-n -c --lines --bytes", "tail": "-n -c --lines --bytes", "nl": "-b -w -s -n -v",
    "sed": "-e -f --expression",
    "bat": "-r --line-range -l --language --style --theme", "batcat": "-r --line-range -l --language --style",
    "awk": "-F -v -f", "gawk": "-F -v -f", "jq": "--arg --argjson --indent", "get-content": "-totalcount -tail",
    "xxd": "-l -s -c", "od": "-A -t -N -j", "hexdump": "-n -s", "strings": "-n",
}  # fmt: skip
_SCRIPTED = frozenset({"sed", "awk", "gawk", "jq", "yq"})
"""Their first operand is a script, unless an option gave it."""
_SCRIPT_OPTIONS = frozenset({"-e", "-f", "--expression", "--from-file"})
_PASSING_ON = frozenset({"cat", "nl", "tee", "less", "more", "bat"})
_UNCERTAIN = re.compile(r"[*?$`{}<>\n]|^-|^$|^/dev/")
_SOME: tuple[int, int] = (0, 0)
"""Stands for lines whose numbers the command does not tell."""


def shown(part: Part, filters: Sequence[Part]) -> tuple[Target, ...]:
    """The files that a command and the filters behind it put out, in order."""
    program = program_name(part.words[0])
    if program not in _SHOWERS or _in_place(program, part.words):
        return ()
    options, files = _arguments(program, part.words[1:])
    spans = _spans(program, options)
    for narrowing in filters:
        name = program_name(narrowing.words[0])
        if name in _PASSING_ON:
            continue
        if name not in {"head", "tail", "sed", "awk"} or spans != [None]:
            return ()
        spans = _spans(name, _arguments(name, narrowing.words[1:])[0])
    return tuple(_target(below(part.folder, file), span) for file in files for span in spans)


def below(folder: str, path: str) -> str:
    """A path as seen from where the line began."""
    absolute = path.startswith(("/", "~")) or re.match(r"[A-Za-z]:[\\/]", path)
    return path if absolute or not folder else f"{folder.rstrip('/')}/{path.removeprefix('./')}"


def _target(path: str, span: tuple[int, int] | None) -> Target:
    return Target(path, span if span != _SOME else None, whole=span is None)


def _arguments(program: str, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Options with their values and the script, where there is one; and the files."""
    valued = _VALUED.get(program, "").split()
    words = [word for word in words if word]
    options: list[str] = []
    files: list[str] = []
    for before, word in zip(("", *words), words, strict=False):
        is_option = before.lower() in valued or (word.startswith(("-", "+")) and len(word) > 1)
        (options if is_option else files).append(word)
    if program in _SCRIPTED and files and not _SCRIPT_OPTIONS & set(options):
        options.append(files.pop(0))
    return options, [file for file in files if not _UNCERTAIN.search(file)]


# --- lines -------------------------------------------------------------------------------------------------------

_SED_LINES = re.compile(r"(\d+)(?:,(\+?)(\d+|\$))?p")
_AWK_LINES = re.compile(r"NR\s*>=?\s*(\d+)\s*&&\s*NR\s*<=?\s*(\d+)|NR\s*==\s*(\d+)\s*,\s*NR\s*==\s*(\d+)")


def _spans(program: str, options: list[str]) -> list[tuple[int, int] | None]:
    """Which lines these options ask for; None is all of them."""
    script = options[-1] if options else ""
    if program in {"head", "get-content", "gc"}:
        return [_head_lines(program, options)]
    if program == "sed":
        return [*_sed_lines(options)] or [_SOME]
    if program in {"awk", "gawk"}:
        found = _AWK_LINES.search(script)
        numbers = [int(number) for number in found.groups() if number] if found else []
        return [(numbers[0], numbers[1]) if numbers else _SOME]
    if program in {"bat", "batcat"}:
        ranges = re.search(r"(?:-r|--line-range)[ =]?(\d+):(\d+)", " ".join(options))
        return [(int(ranges[1]), int(ranges[2])) if ranges else None]
    if program in {"jq", "yq"}:
        return [None if script == "." else _SOME]
    return [_SOME] if program in {"tail", "xxd", "od", "hexdump", "strings"} else [None]


def _head_lines(program: str, options: list[str]) -> tuple[int, int] | None:
    said = " ".join(options).lower()
    if program != "head" and "-totalcount" not in said:
        return _SOME if "-tail" in said else None
    if re.search(r"-c|--bytes|-n -|--lines=-", said):
        return _SOME
    number = re.search(r"\d+", said)
    return (1, int(number[0]) if number else 10)


def _sed_lines(options: list[str]) -> Iterator[tuple[int, int]]:
    """`-n A,Bp`, several of them, and `Nq`."""
    script = ";".join(word for word in options if not word.startswith("-"))
    commands = [command.strip() for command in re.split(r"[;\n]", script) if command.strip()]
    if quits := re.fullmatch(r"(\d+)q", script):
        yield (1, int(quits[1]))
    if not any(re.match(r"-[A-Za-z]*n|--quiet|--silent", word) for word in options):
        return
    for command in commands:
        lines = _SED_LINES.fullmatch(command)
        if not lines or lines[3] == "$":
            yield _SOME
        else:
            first, relative, last = int(lines[1]), lines[2], int(lines[3] or lines[1])
            yield (first, first + last if relative else last)


# --- changes -----------------------------------------------------------------------------------------------------

_PATCHED = re.compile(r"^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+?)\s*$", re.MULTILINE)
_ALL_OPERANDS = frozenset(
    {"tee", "mv", "rm", "touch", "truncate", "remove-item", "set-content", "add-content", "sponge"}
)
_LAST_OPERAND = frozenset({"cp", "ln", "copy-item", "install"})
_PRINTERS = _SHOWERS | {"echo", "printf", "sort", "grep", "envsubst", "base64", "curl"}
_GIT_RESTORES = frozenset({"checkout", "restore", "rm", "mv"})


def changed(part: Part) -> tuple[str, ...]:
    """The files that a command changes by its own words; the captured output of a program is no change."""
    program, words = program_name(part.words[0]), part.words
    if program.startswith(("apply_patch", "applypatch")):
        return patched(part.document or "\n".join(words[1:]))
    paths: Sequence[str] = ()
    if _in_place(program, words):
        paths = _arguments("sed", words[1:])[1]
    elif program in _ALL_OPERANDS:
        paths = _operands(words)
    elif program in _LAST_OPERAND:
        paths = _operands(words)[-1:]
    elif program == "git":
        paths = _restored(words)
    if program in _PRINTERS:
        paths = (*paths, *part.writes)
    return tuple(below(part.folder, path) for path in paths if not _UNCERTAIN.search(path))


def _operands(words: Sequence[str]) -> list[str]:
    return [word for word in words[1:] if not word.startswith("-")]


def _restored(words: Sequence[str]) -> Sequence[str]:
    """The files that git brings back, moves or removes; after `checkout` only behind `--`, for it takes branches."""
    operands = _operands(words)
    if not operands or operands[0] not in _GIT_RESTORES:
        return ()
    if operands[0] != "checkout":
        return operands[1:]
    return words[words.index("--") + 1 :] if "--" in words else ()


def patched(text: str) -> tuple[str, ...]:
    """The files that a patch in the form of `apply_patch` names."""
    return tuple(_PATCHED.findall(text))


def _in_place(program: str, words: Sequence[str]) -> bool:
    """It edits files instead of showing them, as `sed -i` and `perl -pi` do."""
    return program in {"sed", "perl", "gsed"} and any(re.match(r"-[a-zA-Z]*i|--in-place", word) for word in words[1:4])
