"""Taking a shell line apart: its simple commands, their words, and where each gets its input from.

This is the shape of POSIX shell as agents write it, not the language: quotes, here-documents, pipes and lists are
understood, nothing is expanded, nothing is ever run, and no text is an error. What only wraps a command is taken off:
`cd x && env A=1 timeout 60 bash -lc 'npx jest'` is `jest`, run in x.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST = 8_000
"""Characters of a line that are looked at."""
_DEEPEST = 4
"""Shells within shells that are opened."""


class Part(NamedTuple):
    """A simple command without what wraps it."""

    words: tuple[str, ...]
    """Program and arguments, without quotes."""
    piped: bool = False
    """It reads the output of the part before it."""
    writes: tuple[str, ...] = ()
    """Files that its output is redirected to."""
    folder: str = ""
    """Where it runs, as far as the line itself says so."""
    document: str = ""
    """The text of its here-document."""
    settings: tuple[str, ...] = ()
    """Assignments before it, as `DEBUG=1`."""


def split(line: str) -> tuple[Part, ...]:
    """The simple commands of a line, in order, unwrapped."""
    return tuple(_parts(line[:_MOST], folder="", depth=0))


def _parts(line: str, *, folder: str, depth: int) -> Iterator[Part]:
    for part in _simple(line):
        inner = unwrapped(part.words)
        if inner and inner[0] in {"cd", "pushd", "Set-Location"}:
            folder = _joined(folder, inner[1]) if len(inner) > 1 else ""
            yield part._replace(words=inner, folder=folder)
        elif (script := _script(inner)) is not None and depth < _DEEPEST:
            for nested in _parts(script, folder=folder, depth=depth + 1):
                yield nested._replace(document=nested.document or part.document)
        elif inner:
            before = part.words[: len(part.words) - len(inner)]
            yield part._replace(words=inner, folder=folder, settings=tuple(filter(_ASSIGNMENT.fullmatch, before)))


def _joined(folder: str, path: str) -> str:
    return path if not folder or path.startswith(("/", "~", "$")) else f"{folder.rstrip('/')}/{path}"


# --- tokens ------------------------------------------------------------------------------------------------------

_DOCUMENT = re.compile(
    r"<<-?[ \t]*(?P<quote>['\"\\]?)(?P<mark>[\w.+-]+)['\"]?(?P<rest>[^\n]*)\n(?P<text>.*?)"
    r"(?:^[ \t]*(?P=mark)[ \t]*(?=[\n)]|\Z)|(?P<cut>\Z))",
    re.DOTALL | re.MULTILINE,
)
_SUBSTITUTION = r"\$\((?:[^()]|\((?:[^()]|\([^()]*+\))*+\))*+\)"
_TOKEN = re.compile(
    rf"""
      (?P<blank>(?:[ \t\r]|\\\n)++)
    | (?P<comment>\#[^\n]*+)
    | <<(?P<document>\d+)
    | (?P<redirect>(?:\d+|&)?(?:>>|>\||>|<<<|<)(?:&[\d-]+)?)
    | (?P<end>&&|\|\||;;|;|\|&|\||&|\n|[()])
    | (?P<word>(?:
          \$'(?:\\.|[^'\\])*+'
        | '[^']*+'
        | "(?:\\.|{_SUBSTITUTION}|[^"\\])*+"
        | {_SUBSTITUTION} | `[^`]*+` | \$\{{[^}}\n]*+\}} | [<>]\((?:[^()]|\([^()]*+\))*+\)
        | \\. | [^\s'"`\\;&|<>()]
      )++)
    | (?P<stray>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PIECE = re.compile(
    r"\$'(?P<dollar>(?:\\.|[^'\\])*)'|'(?P<single>[^']*)'|\"(?P<double>(?:\\.|[^\"\\])*)\"|\\(?P<escaped>.)", re.DOTALL
)
_WINDOWS_PATH = re.compile(r"[A-Za-z]:\\[^'\"]*")
_KEYWORDS = frozenset({"do", "then", "else", "if", "elif", "while", "until", "!", "{", "}", "done", "fi", "esac"})
_NOT_RUN = frozenset({"for", "case", "select", "function"})


def _simple(line: str) -> Iterator[Part]:
    """Commands as they stand, still wrapped."""
    line, documents = _without_documents(line)
    words: list[str] = []
    writes: list[str] = []
    document, redirect, piped = "", "", False
    for token in _TOKEN.finditer(f"{line}\n"):
        kind, text = token.lastgroup, token.group()
        if kind == "blank":
            continue
        if kind in {"word", "stray"}:
            if not redirect:
                words.append(text)
            elif ">" in redirect:
                writes.append(unquoted(text))
            redirect = ""
        elif kind == "redirect":
            redirect = "" if "&" in text[1:] else text
        elif kind == "document":
            document = documents.get(token["document"], "")
        elif kind == "end":
            if named := _without_keywords(words):
                yield Part(tuple(map(unquoted, named)), piped, tuple(writes), document=document)
            piped = text in {"|", "|&"} or (piped and not words)
            words, writes, document, redirect = [], [], "", ""


def _without_documents(line: str) -> tuple[str, dict[str, str]]:
    """The line with a number in place of each here-document, and their texts.

    One whose end is missing reaches to the end of the text, for logs cut long commands; but then its mark must look
    like one, for `1 << n` is arithmetic.
    """
    documents: dict[str, str] = {}

    def replaced(found: re.Match[str]) -> str:
        if found["cut"] is not None and not found["mark"].isupper():
            return found.group()
        number = str(len(documents))
        documents[number] = found["text"]
        return f"<<{number}{found['rest']}\n"

    return _DOCUMENT.sub(replaced, line) if "<<" in line else line, documents


def _without_keywords(words: list[str]) -> list[str]:
    start = 0
    while start < len(words) and words[start] in _KEYWORDS:
        start += 1
    return [] if start < len(words) and words[start] in _NOT_RUN else words[start:]


def unquoted(word: str) -> str:
    """A word as the program would get it, with nothing expanded."""
    plain = "'" not in word and '"' not in word and "\\" not in word
    if plain or _WINDOWS_PATH.fullmatch(word):
        return word
    return _PIECE.sub(_bare, word)


def _bare(piece: re.Match[str]) -> str:
    if piece["single"] is not None:
        return piece["single"]
    if piece["escaped"] is not None:
        return piece["escaped"].strip("\n")
    return re.sub(r"\\([\"\\$`\n'])", r"\1", piece["double"] or piece["dollar"] or "")


# --- wrappers ----------------------------------------------------------------------------------------------------

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=(.*)", re.DOTALL)
_INNER = re.compile(r"\$\((.*)\)|`(.*)`", re.DOTALL)
_WRAPPERS: dict[str, frozenset[str]] = {
    name: frozenset(valued.split())
    for name, valued in {
        "env": "-u -C --unset --chdir", "sudo": "-u -g -h -p -C", "doas": "-u", "time": "-f -o", "nice": "-n",
        "ionice": "-c -n", "nohup": "", "stdbuf": "-i -o -e", "command": "", "builtin": "", "exec": "-a",
        "unbuffer": "", "caffeinate": "-t", "setsid": "", "xvfb-run": "-n -s",
        "timeout": "-s -k --signal --kill-after", "gtimeout": "-s -k --signal --kill-after",
        "xargs": "-n -I -P -L -d -a",
        "npx": "-p --package -c", "bunx": "", "pnpx": "", "uvx": "--from --with -p --python", "pipx run": "--spec",
        "uv run": "--with --group --extra -p --python --project --directory --env-file --package",
        "poetry run": "", "pipenv run": "", "pdm run": "-p", "rye run": "", "bundle exec": "",
        "npm exec": "-p --package", "pnpm exec": "-C --filter", "pnpm dlx": "", "yarn exec": "", "yarn dlx": "-p",
        "bun x": "", "conda run": "-n -p", "mamba run": "-n -p", "mise exec": "", "mise x": "", "direnv exec": "",
        "asdf exec": "", "rbenv exec": "", "dotenv": "-e -f", "docker exec": "-u -w -e --user --workdir --env",
        "podman exec": "-u -w -e", "docker compose exec": "-u -w -e --index", "docker compose run": "-u -w -e --name",
        "docker-compose exec": "-u -w -e", "nix develop": "", "nix-shell": "-p",
    }.items()
}  # fmt: skip
"""Programs that run another one, with those of their options that take a value as a word of its own."""
_WRAPPING = frozenset(wrapper.partition(" ")[0] for wrapper in _WRAPPERS)
_OPERANDS = {"timeout": 1, "gtimeout": 1, "docker exec": 1, "podman exec": 1, "docker compose exec": 1,
             "docker compose run": 1, "docker-compose exec": 1, "direnv exec": 1}  # fmt: skip
"""Words of their own before the command that they run: a duration, a container, a folder."""
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "fish", "pwsh", "powershell", "cmd"})
_PYTHON = re.compile(r"python(?:\d(?:\.\d+)?)?|pypy3?|py")


def unwrapped(words: Sequence[str]) -> tuple[str, ...]:
    """A command without assignments, wrappers and runners before it."""
    rest = tuple(words)
    for _ in words:
        shorter = _one_off(rest)
        if shorter == rest:
            break
        rest = shorter
    return rest


def _one_off(words: tuple[str, ...]) -> tuple[str, ...]:
    if words and _ASSIGNMENT.fullmatch(words[0]):
        return words[1:] or _substituted(words[0])
    if words and _PYTHON.fullmatch(_name(words[0])):
        return _module(words) or words
    if words[:1] == ("command",) and words[1:2] in {("-v",), ("-V",)}:
        return ("which", *words[2:])
    name = _name(words[0]) if words else ""
    for length in (3, 2, 1) if name in _WRAPPING else ():
        wrapper = " ".join((name, *words[1:length])) if len(words) > length else ""
        if wrapper in _WRAPPERS:
            return _after_options(words[length:], wrapper) or words
    return words


def _module(words: tuple[str, ...]) -> tuple[str, ...]:
    """What `python -m` runs."""
    for at, word in enumerate(words[1:], 1):
        if word == "-m":
            return words[at + 1 :]
        if not word.startswith("-") and words[at - 1] not in {"-W", "-X"}:
            break
    return ()


def _name(word: str) -> str:
    return word[max(word.rfind("/"), word.rfind("\\")) + 1 :]


def _substituted(assignment: str) -> tuple[str, ...]:
    """The command whose output is assigned."""
    inner = _INNER.search(assignment)
    return ("sh", "-c", inner.group(1) or inner.group(2)) if inner else ()


def _after_options(words: tuple[str, ...], wrapper: str) -> tuple[str, ...]:
    valued, operands, at = _WRAPPERS[wrapper], _OPERANDS.get(wrapper, 0), 0
    while at < len(words):
        word = words[at]
        if word.startswith("-") and word != "-":
            at += 2 if word in valued else 1
        elif operands:
            operands, at = operands - 1, at + 1
        else:
            break
    return words[at:]


def _script(words: Sequence[str]) -> str | None:
    """What a shell was given to run, as in `bash -lc SCRIPT`."""
    if not words or _name(words[0]).removesuffix(".exe").lower() not in _SHELLS:
        return None
    for at, word in enumerate(words[1:-1], 1):
        if re.fullmatch(r"-\w*c|(?i:-command|/c)", word):
            return words[at + 1]
    return None
