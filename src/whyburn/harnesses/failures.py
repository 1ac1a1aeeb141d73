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


_TESTS = re.compile(
    r"""(?mx)
      ^(?:FAILED|ERROR)\ (\S+\.py(?:::[^\n]*?)?)(?:\ -\ .*)?$             # pytest's summary
    | ^(\S+::\S+)\ (?:FAILED|ERROR)\b                                     # pytest -v
    | ^(?:FAIL|ERROR):\ (\w+(?:\ \([\w.]+\))?)                            # unittest
    | ^\s*●\ (\S.*\ ›\ .*)$                                               # jest
    | ^\s*[✕✗✖×]\ (\S.*?)(?:\ \(?[\d.]+\ ?m?s\)?)?$                        # jest, vitest, node
    | ^\s*FAIL\ +(\S+(?:\ >\ .+)?)                                        # jest, vitest
    | ^\s*---\ FAIL:\ (\S+)                                               # go
    | ^FAIL\t(\S+)
    | ^test\ (\S+)(?:\ -\ .*)?\ \.\.\.\ FAILED                            # cargo
    | \bFAIL\ \[\ *[\d.]+s\]\ (?:\(.*?\)\ )?(\S+\ \S+)                     # nextest
    | ^rspec\ (\S+?(?=:\d)|\S+)\S*\ \#                                    # rspec
    | ^\d+\)\ ([\w\\]+::\w+)                                              # phpunit
    | ^\[ERROR\]\s+([\w.$]*\w\.\w+(?=:\d|\ --|\ +Time))                     # surefire
    | ^(\S+\ >\ \S.*?)\ FAILED$                                           # gradle
    | ^\s*not\ ok\ \d+\ (?:-\ )?(\S.*)$                                   # tap
    | ^\ +\d+\)\ test\ (.+?)\ \(                                          # exunit
    | ^\s+Failed\ (\S+)\ \[                                               # dotnet
    | ^\s+\d+\ -\ (\S+)\ \((?:Failed|Timeout|SEGFAULT|Not\ Run)           # ctest
    | ^Test\ Case\ '(.+?)'\ failed                                        # xctest
    """
)
_HEADINGS = re.compile(r"^_{3,} (?:ERROR (?:at \w+ of|collecting) )?(\S.*?) _{3,}$", re.MULTILINE)
"""Of pytest, for when its summary was cut off."""
_ERRORS = re.compile(
    r"""(?mx)
      ^(?:E\s+|Uncaught\ |Caused\ by:\ |Exception\ in\ thread\ "[^"]*"\ )?
         ((?:[A-Za-z_]\w*[.$])*[A-Z]\w*(?:Error|Exception|Failure|Exit|Interrupt))\b(?=:|\ \[|$)
    | \berror\ (TS\d+|CS\d+)\b
    | ^(error\[E\d+\])
    | ^npm\ (?:ERR!|error)\ code\ (\w+)
    | ^(panic):
    | ^(?:.*:\ )?([\w./+-]+):\ (?:command\ )?not\ found$
    | \b(command\ not\ found|No\ such\ file\ or\ directory|Permission\ denied|Segmentation\ fault)\b
    """
)
_FRAMES = re.compile(
    r"""(?mx)
      ^\s*File\ "([^"\n]+)",\ line\ \d+(?:,\ in\ (.+))?                    # python: the last one is the top
    | ^(\S+\.py):\d+:\ [A-Z]\w*
    | \bpanicked\ at\ (?:'.*',\ )?(\S+?\.rs):\d+                          # rust
    """
)
_FIRST_FRAMES = re.compile(
    r"^\s+at (?:async )?(?:(\S[^()\n]*) \()?([^()\s]+?)(?::\d+)+\)?$|^\s+(\S+\.go):\d+", re.MULTILINE
)
_COMPLAINTS = re.compile(
    r"""(?mx)
      ^(\S+?)(?:\(\d+,\d+\)|(?::\d+){1,2}):?\ (?:-\ )?(?:fatal\ )?error:?\ (.*)$   # gcc, tsc, mypy
    | ^(\S+?\.\w+):\d+:\d+:\ (.*)$                                               # go, ruff
    | ^error(?:\[E\d+\])?:\ (.*)$                                               # rust
    | ^\ +\d+:\d+\ +error\ +(.*)$                                                # eslint
    """
)


def what_failed(text: str) -> Failed:
    """Names of failing tests, the error's class and the top frame; the last lines when there are no such names."""
    text = uncoloured(_ends(text))
    tests = _names(_TESTS, text) or _names(_HEADINGS, text)
    errors = _names(_ERRORS, text)
    frame = _frame(text)
    complaints = [] if tests else _names(_COMPLAINTS, text)
    marks = [*tests, *errors, *frame, *map(_steady, complaints)]
    if not tests:
        marks += [_steady(line) for line in _last_lines(text)] if not marks or not complaints else []
    return Failed(tuple(sorted(set(marks))), _for_people(text, tests, errors, complaints))


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _END else f"{text[:_END]}\n{text[-_END:]}"


def _names(pattern: re.Pattern[str], text: str) -> list[str]:
    """What the groups of a pattern caught, each once, in order."""
    found = (" ".join(part for part in match.groups() if part) for match in pattern.finditer(text))
    return list(dict.fromkeys(found))[:_MOST_NAMES]


def _frame(text: str) -> list[str]:
    return _names(_FRAMES, text)[-1:] or _names(_FIRST_FRAMES, text)[:1]


def _last_lines(text: str) -> list[str]:
    return [line for line in text[-4_096:].splitlines() if line.strip()][-5:]


_UNSTEADY = re.compile(r"0x[0-9a-fA-F]+|/tmp/\S+|/var/folders/\S+|[0-9a-f]{8}-[0-9a-f-]{27}|\d+(?:[.:]\d+)*|\s+")


def _steady(line: str) -> str:
    return _UNSTEADY.sub("", line)


def _for_people(text: str, tests: list[str], errors: list[str], complaints: list[str]) -> str:
    if tests:
        more = f" and {len(tests) - 3} more" if len(tests) > 3 else ""
        said = ", ".join(tests[:3]) + more + (f": {errors[-1]}" if errors else "")
    else:
        said = (complaints or _error_lines(text, errors) or _last_lines(text)[-1:] or [""])[0]
    return "".join(filter(str.isprintable, " ".join(said.split())))[:_MOST_ERROR]


def _error_lines(text: str, errors: list[str]) -> list[str]:
    """The last line that names the last error."""
    return [line for line in text.splitlines() if errors and errors[-1] in line][-1:]
