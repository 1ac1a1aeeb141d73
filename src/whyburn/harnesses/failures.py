"""What failed in the output of a command: the names of tests, the class of the error, the top frame.

A *fingerprint* is made of names that stay when only timings, line numbers and values change, so that two failing runs
can be compared: equal fingerprints mean that nothing new was learnt. `summary_verdict` reads the summary lines of
known test runners. Both look at the ends of a text only.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_END = 16_384
_TAIL = 2_048
_MOST_ERROR = 160
_MOST_NAMES = 200

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_COLOUR_BYTES = re.compile(_COLOUR.pattern.encode())


class Failed(NamedTuple):
    """What failed; empty when nothing is known to."""

    marks: tuple[str, ...] = ()
    """Sorted names that identify the failure."""
    error: str = ""
    """At most 160 characters for people."""


_SUMMARY_WORDS = (b" pass", b" fail", b"\nfail", b"\nok")
_BAD = re.compile(
    r"""(?x)
      =*\ ?(?:\d+\ [a-z]+,\ )*[1-9]\d*\ (?:failed|errors?)\b.*\bin\ [\d.]+   # pytest
    | FAILED\ \((?:failures|errors|unexpected)                              # unittest
    | (?:Tests:?|Test\ Files)\s+.*\b[1-9]\d*\ failed                       # jest, vitest
    | FAIL(?:\t\S+|$)|---\ FAIL:                                           # go
    | test\ result:\ FAILED\.                                              # cargo
    | [1-9]\d*\ (?:failing\b|failed$|fail$)                                # mocha, playwright, bun
    | (?:Executed\ )?\d+\ (?:examples?|runs|tests?),\ .*\b[1-9]\d*\ (?:failures?|errors)\b  # rspec, minitest, xctest
    | FAILURES!|Tests:\ \d+,\ Assertions:.*(?:Failures|Errors):\ [1-9]      # phpunit
    | (?:\[\w+\]\s+)?Tests\ run:.*(?:Failures|Errors):\ [1-9]                         # surefire
    | \d+\ tests\ completed,\ [1-9]\d*\ failed                            # gradle
    | [#ℹ]\ fail\ [1-9]                                                    # tap, node
    | \d+%\ tests\ passed,\ [1-9]\d*\ tests?\ failed                      # ctest
    | Failed!\ +-\ Failed:\ +[1-9]                                         # dotnet
    | FAILED\ \|\ \d+\ passed                                             # deno
    | Summary\ \[.*?\]\s+\d+\ tests?\ run:.*\b[1-9]\d*\ failed                                # nextest
    | Some\ tests\ failed\.                                                # flutter
    """
)
_GOOD = re.compile(
    r"""(?x)
      =*\ ?(?:\d+\ [a-z]+,\ )*\d+\ passed\b.*\bin\ [\d.]+
    | OK(?:\ \(.*\))?$
    | (?:Tests:?|Test\ Files)\s+.*\d+\ passed
    | ok\s+\S+\s+(?:[\d.]+s\b|\(cached\))
    | test\ result:\ ok\.
    | \d+\ (?:passing\b|passed\ \([\d.]+)
    | (?:Executed\ )?\d+\ (?:examples?|runs|tests?),\ .*\b0\ failures\b
    | (?:\[\w+\]\s+)?Tests\ run:.*Failures:\ 0,\ Errors:\ 0\b
    | [#ℹ]\ fail\ 0$ | 0\ fail$
    | 100%\ tests\ passed
    | Passed!\ +-\ Failed:\ +0
    | ok\ \|\ \d+\ passed
    | Summary\ \[.*?\]\s+\d+\ tests?\ run:\ \d+\ passed
    | All\ tests\ passed!
    """
)


def summary_verdict(data: bytes) -> bool | None:
    """What the summary lines of known test runners at the end of a text say; None when there is none."""
    tail = b"\n" + data[-_TAIL:]
    if b"\x1b" in tail:
        tail = _COLOUR_BYTES.sub(b"", tail)
    lines = [line.decode("utf-8", "replace").strip() for line in _lines_with(_SUMMARY_WORDS, tail)]
    if any(map(_BAD.match, lines)):
        return False
    return True if any(map(_GOOD.match, lines)) else None


def _lines_with(words: tuple[bytes, ...], tail: bytes) -> list[bytes]:
    """Lines that hold one of the words in any case; searched word by word, because most texts hold none."""
    lowered = tail.lower()
    starts = set()
    for word in words:
        at = lowered.find(word)
        while at >= 0:
            starts.add(tail.rfind(b"\n", 0, at + 1) + 1)
            at = lowered.find(word, at + 1)
    return [tail[start:].split(b"\n", 1)[0] for start in sorted(starts)]


def uncoloured(text: str) -> str:
    """The text without the terminal's colours."""
    return _COLOUR.sub("", text) if "\x1b" in text else text


# Names stand at the beginning of a line, so that patterns begin with the line break before it: Python then skips from
# line to line at the speed of memory, which it does not for `^`.

_TESTS = re.compile(
    r"""(?x)\n(?:
      (?:FAILED|ERROR)\ (\S+\.py(?:::[^\n]*?)?)(?:\ -\ .*)?$                  # pytest's summary
    | (\S+::\S+)\ (?:FAILED|ERROR)\b                                          # pytest -v
    | (?:FAIL|ERROR):\ (\w+\ \([\w.]+\))                                      # unittest
    | (?:test\ )?(\S.*?)(?:\ -\ should\ panic)?\ \.\.\.\ (?:FAILED|FAIL|ERROR)\b  # cargo, deno, unittest -v
    | [ \t]*●\ (?!Console)(\S.*)$                                             # jest
    | [ \t]*[✕✗✖×]\ (\S.*?)(?:\ \(?[\d.]+\ ?m?s\)?)?$                         # jest, vitest, node
    | [ \t]*FAIL\ +(?!\[)(\S+(?:\ >\ .+)?)                                    # jest, vitest
    | [ \t]*---\ FAIL:\ (\S+) | FAIL\t(\S+)                                   # go
    | [ \t]*(?:TRY\ \d+\ )?FAIL\ \[\ *[\d.]+s\]\ (?:\(.*?\)\ )?(\S+\ \S+)      # nextest
    | rspec\ (\S+?)(?::\d+)?\ \#\ (.+)$                                       # rspec
    | [ ]*\d+\)\ (\S.*)(?:\n[ ]{7}(\S.*):$)?                                  # mocha, rspec, phpunit, exunit
    | \[ERROR\]\s+(?:(\w[\w.$]*\.\w+)(?=:\d|\ --|\ +Time)|(\w+\([\w.$]+\)))    # surefire
    | (\S+\ >\ \S.*?)\ FAILED$                                                # gradle
    | [ \t]*not\ ok\ \d+\ (?:-\ )?(\S.*?)(?:\ \#.*)?$                         # tap
    | [ \t]+Failed\ (\S+)\ \[                                                 # dotnet
    | [ \t]+\d+\ -\ (\S+)\ \((?:Failed|Timeout|SEGFAULT|Not\ Run)             # ctest
    | Test\ Case\ '(.+?)'\ failed                                             # xctest
    )""",
    re.MULTILINE,
)
_HEADINGS = re.compile(r"\n_{3,} (?:ERROR (?:at \w+ of|collecting) )?(\S.*?) _{3,}$", re.MULTILINE)
"""Of pytest, for when its summary was cut off."""
_ERRORS = re.compile(
    r"""(?x)\n(?:
      (?:E\s+|Uncaught\ |Caused\ by:\ |Exception\ in\ thread\ "[^"]*"\ |\S+\.py:\d+:\ )?
         ((?:[A-Za-z_]\w*[.$])*(?:Error|[A-Z]\w*(?:Error|Exception|Failure|Exit|Interrupt)))\b(?=:|\ \[|$)
    | (error\[E\d+\])
    | npm\ (?:ERR!|error)\ code\ (\w+)
    | (panic): | \*\*\ \(([\w.]+)\)                                          # go, elixir
    | (?:.*:\ )?([\w./+-]+):\ (?:command\ )?not\ found$
    )""",
    re.MULTILINE,
)
_INNER_ERRORS = (
    re.compile(r"error (TS\d+|CS\d+)\b"),
    re.compile(r"(No such file or directory|Permission denied|Segmentation fault)\b"),
    re.compile(r" (permission denied)\b"),
)
"""Which may stand anywhere in a line."""
_LAST_FRAME = re.compile(
    r"""(?x)\n(?:
      [ \t]*File\ "([^"\n]+)",\ line\ \d+(?:,\ in\ (.+))?                        # python
    | (\S+\.py):\d+:\ [A-Z]\w*                                                # pytest
    )"""
)
_FIRST_FRAME = re.compile(
    r"""(?x)\n[ \t]*(?:
      (?<=[ \t])at\ (?:async\ )?(?:(\S[^()\n]*)\ \()?([^()\s]+?)(?::\d+)+\)?$     # node, java
    | (?<=[ \t])(\S+\.go):\d+
    | -->\ (\S+?):\d+                                                        # rust
    )""",
    re.MULTILINE,
)
_PANIC = re.compile(r" panicked at (?:'.*', )?(\S+?\.rs):\d+")
_COMPLAINTS = re.compile(
    r"""(?x)\n(?:
      (\S+?)(?:\(\d+,\d+\)|(?::\d+){1,2}):?\ (?:-\ )?(?:fatal\ )?error:?\ (.*)$  # gcc, tsc, mypy
    | (\S+?\.\w+):\d+:\d+:\ (.*)$                                             # go, ruff
    | error(?:\[E\d+\])?:\ (.*)$                                              # rust
    | \ +\d+:\d+\ +error\ +(.*)$                                              # eslint
    )""",
    re.MULTILINE,
)
_LONGEST_LINE = 500
"""Characters of a line that are looked at: names stand at its beginning, and patterns may go back and forth in it."""


def what_failed(text: str) -> Failed:
    """Names of failing tests, classes of errors and the top frame; without tests, also what is complained about.

    Line numbers, counts and other volatile parts do not take part; where no name is known, the last lines do.
    """
    lines = [line[:_LONGEST_LINE] for line in uncoloured(_ends(text)).splitlines()]
    text = "\n" + "\n".join(lines)
    tests = _names(text, _TESTS) or _names(text, _HEADINGS)
    errors = _names(text, _ERRORS, *_INNER_ERRORS)
    said = [] if tests else _names(text, _COMPLAINTS) or _naming(errors, lines) or _last(lines)
    frame = _names(text, _LAST_FRAME)[-1:] or _names(text, _FIRST_FRAME, _PANIC)[:1]
    marks = {*tests, *errors, *frame, *map(_steady, said)} - {""}
    return Failed(tuple(sorted(marks)), _for_people(tests, errors, [*said, *reversed(lines)]))


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _END else f"{text[:_END]}\n{text[-_END:]}"


def _names(text: str, *patterns: re.Pattern[str]) -> list[str]:
    """What the groups of patterns caught, each once, in the order of the text."""
    matches = sorted((match for pattern in patterns for match in pattern.finditer(text)), key=re.Match.start)
    found = (" ".join(part for part in match.groups() if part) for match in matches)
    return list(dict.fromkeys(found))[:_MOST_NAMES]


def _naming(errors: list[str], lines: list[str]) -> list[str]:
    """The last line that names the last error."""
    return [line for line in lines if errors and errors[-1] in line][-1:]


def _last(lines: list[str]) -> list[str]:
    return [line for line in lines if line.strip()][:-6:-1]  # the last one first


_UNSTEADY = re.compile(r"0x[0-9a-fA-F]+|/tmp/\S+|/var/folders/\S+|[0-9a-f]{8}-[0-9a-f-]{27}|\d+(?:[.:]\d+)*|\s+")


_ERROR_WORDS = re.compile(
    r"\b(?:error|err|fail\w*|fatal|cannot|can't|could not|unable|unknown|undefined|undeclared|invalid|denied|expected"
    r"|unexpected|not (?:found|defined|exist|installed|set|a \w+)|no (?:such|matching|module)|exit code|timed out|wrong"
    r"|must be (?:at (?:least|most)|an?|one of|between|greater|less)|mismatched|missing|requires"
    r"|refused|rejected|reset|conflict|blocked|\w+Error|\w+Exception|(?-i:E[A-Z]{4,}))\b",
    re.IGNORECASE,
)
"""A line is only shown when it speaks of an error: what a person wrote when refusing a tool is a result, too."""


def _steady(line: str) -> str:
    return _UNSTEADY.sub("", line)


def _for_people(tests: list[str], errors: list[str], said: list[str]) -> str:
    if tests:
        more = f" and {len(tests) - 3} more" if len(tests) > 3 else ""
        told = ", ".join(tests[:3]) + more + (f": {errors[-1]}" if errors else "")
    else:
        told = next(filter(_ERROR_WORDS.search, said), "")
    return "".join(filter(str.isprintable, " ".join(told.split())))[:_MOST_ERROR]
