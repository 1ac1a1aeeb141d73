"""One TOML file as data with places, whatever state it is in.

A file that is not valid TOML is read section by section: those that cannot be read are named and left out, the others
count. So a second `[reports]` header or one forgotten quote costs that section and not the whole program.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from whyburn.settings.lines import LineIndex
from whyburn.settings.rules import HOMES, UNSUPPORTED, nearest, one_line
from whyburn.settings.schema import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from whyburn.settings.lines import Path
    from whyburn.settings.schema import Level

CONFIG_VERSION = 1
_HEADER = re.compile(r"[ \t]*\[\[?[ \t]*([A-Za-z0-9_.\"'\- \t]+?)[ \t]*\]\]?[ \t]*(?:#.*)?$")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass
class Document:
    """A file's tables, and what was found wrong with it so far."""

    file: str
    text: str = ""
    data: dict[str, object] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    exists: bool = True

    @cached_property
    def _index(self) -> LineIndex | None:
        try:
            return LineIndex(self.text)
        except (ValueError, IndexError, RecursionError):
            return None

    def line(self, path: Path) -> int:
        """The line of a key, or of the nearest table around it."""
        return self._index.line(path) if self._index else 1

    def report(self, path: Path, message: str, *, level: Level = "error") -> None:
        """Note what is wrong with the value at a path."""
        words = [part for part in path if isinstance(part, str)]
        section = ".".join(words[:2]) if words[:1] == ["pricing"] else words[0]
        self.problems.append(Problem(self.file, self.line(path), ".".join(words), one_line(message), section, level))

    def table(self, path: Path, value: object) -> dict[str, object]:
        """The value as a table; anything else is reported and empty."""
        if isinstance(value, dict):
            return value
        self.report(path, f"{path[-1]} must be a table ([{'.'.join(map(str, path))}]); it is ignored")
        return {}

    def rows(self, path: Path, value: object) -> Iterator[tuple[Path, dict[str, object]]]:
        """The tables of an array of tables with their paths; anything else is reported and left out."""
        name = ".".join(str(part) for part in path)
        if not isinstance(value, list):
            self.report(path, f"{name} must be a list of tables ([[{name}]]); it is ignored")
            return
        for number, row in enumerate(value):
            if isinstance(row, dict):
                yield (*path, number), row
            else:
                self.report((*path, number), f"each {name} must be a table ([[{name}]]); this one is ignored")

    def unknown(self, path: Path, known: Iterable[str]) -> None:
        """Report a key that nothing reads: named with the nearest known one, or with the file it belongs in."""
        dotted = ".".join(part for part in path if isinstance(part, str))
        if dotted in UNSUPPORTED:
            # Once in a file: generated price files say the same in each of a thousand rows.
            if not any(one.key == dotted and one.level == "unsupported" for one in self.problems):
                message = f"{dotted} is not supported by this version of whyburn; it has no effect"
                self.report(path, message, level="unsupported")
            return
        home = next((file for file, sections in HOMES.items() if len(path) == 1 and path[0] in sections), None)
        hint = f"it belongs in {home}" if home else nearest(str(path[-1]), known)
        self.report(path, f"{dotted} is not a setting here — {hint}; it is ignored")

    def sections(self, known: tuple[str, ...]) -> dict[str, object]:
        """The known top-level tables. Unknown ones are reported; with an unknown `config_version` there are none."""
        version = self.data.get("config_version", CONFIG_VERSION)
        if type(version) is not int or version != CONFIG_VERSION:
            message = f"config_version is {version}, this whyburn reads {CONFIG_VERSION}; the whole file is ignored"
            self.report(("config_version",), message)
            return {}
        found = {}
        for name, value in self.data.items():
            if name in known:
                found[name] = value
            elif name != "config_version":
                self.unknown((name,), (*known, "config_version"))
        return found


def read(file: str) -> Document:
    """The document of a file; a missing file is an empty document."""
    try:
        with open(file, "rb") as stream:
            raw = stream.read()
    except FileNotFoundError:
        return Document(file, exists=False)
    except OSError as error:
        return _refused(file, None, f"cannot be read ({error.strerror}); it is ignored")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _refused(file, line, "is not UTF-8 text here; the whole file is ignored")
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """The document of a text; sections that are not valid TOML are reported and left out."""
    text = text.replace("\r\n", "\n")
    data = _loaded(text)
    if isinstance(data, dict):
        return Document(file, text, data)
    return _salvaged(text, file)


def _refused(file: str, line: int | None, message: str) -> Document:
    return Document(file, problems=[Problem(file, line, None, message, None)])


@dataclass(frozen=True)
class _SyntaxError:
    line: int | None
    message: str


def _loaded(text: str) -> dict[str, object] | _SyntaxError:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:  # also numbers beyond any sense
        place = _PLACE.search(str(error))
        line = int(place[1]) if place and place[1] else None
        return _SyntaxError(line, _PLACE.sub("", str(error)) if isinstance(error, ValueError) else "nonsense value")


def _salvaged(text: str, file: str) -> Document:
    """Blank the sections that are not TOML by themselves, then those that clash with others (a second `[reports]`)."""
    lines = text.split("\n")
    spans = _spans(lines)
    problems = []
    for span in list(spans):
        error = _loaded("\n".join(lines[span.start : span.stop]))
        if isinstance(error, _SyntaxError):
            problems.append(_left_out(file, lines, span, span.start + (error.line or len(span)), error.message))
            spans.remove(span)
    while isinstance(error := _loaded(kept := "\n".join(lines)), _SyntaxError):
        at = (error.line or len(lines)) - 1
        clashing = next((one for one in reversed(spans) if one.start <= at), None)
        if clashing is None:
            return _refused(file, error.line, f"is not TOML ({error.message}); the whole file is ignored")
        problems.append(_left_out(file, lines, clashing, at + 1, error.message))
        spans.remove(clashing)
    return Document(file, kept, error, problems)


def _spans(lines: list[str]) -> list[range]:
    """Line ranges from one header to the next; what stands before the first header is the first."""
    starts = [0, *(number for number, line in enumerate(lines) if number and _HEADER.match(line))]
    return [range(start, stop) for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True)]


def _left_out(file: str, lines: list[str], span: range, line: int, message: str) -> Problem:
    """Blanks the lines of a section, keeping their number, and says so."""
    header = _HEADER.match(lines[span.start])
    section = header[1] if header else None
    what = f"[{section}] is ignored" if section else "all up to the first [section] is ignored"
    if message.startswith("Cannot declare"):
        message = "a second section of this name"
    for number in span:
        lines[number] = ""
    return Problem(file, line, None, f"this is not TOML ({message}); {what}, all else is used", section)
