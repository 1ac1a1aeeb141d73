"""A foreign price table becomes a file of the user's own rows in the prices folder.

The text is complete and has been read back by the loader's own checks before anything is written. Merging works on the
text: other rows of the file, its comments and its order stay as they are.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from whyburn.errors import SettingsError
from whyburn.settings.writer import write_atomically

if TYPE_CHECKING:
    from collections.abc import Collection

    from whyburn.prices.litellm import ImportedRow, ImportProblem
    from whyburn.settings.paths import Paths
    from whyburn.settings.price_rows import PriceRow

Existing = Literal["refuse", "merge", "replace"]
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ImportedPrices:
    """What an import made, and where it went."""

    rows: list[ImportedRow]
    problems: list[ImportProblem]
    """Entries that gave no row, with reasons."""
    text: str
    """The whole file."""
    output: str | None
    """Where it was or would be written; None for nowhere."""
    mode: Literal["new", "merge", "replace", "text"]
    kept: int
    """Rows of the old file that stay."""
    wrote: bool
    notes: tuple[str, ...] = ()
    """What the loader says of the written file beside the user's other files."""

    @property
    def models(self) -> int:
        """How many models have a row."""
        return len({(row.provider, row.model) for row in self.rows})

    @property
    def providers(self) -> int:
        """How many providers have a row."""
        return len({row.provider for row in self.rows})

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why entries gave no row, the most frequent reason first."""
        return Counter(problem.reason for problem in self.problems).most_common()

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "output": self.output, "mode": self.mode, "wrote": self.wrote, "price_count": len(self.rows),
            "model_count": self.models, "provider_count": self.providers, "kept_count": self.kept,
            "skipped_count": len(self.problems),
            "prices": [
                {key: f"{value:f}" if isinstance(value, Decimal) else value for key, value in asdict(row).items()}
                for row in self.rows
            ],
            "skipped": [asdict(problem) for problem in self.problems], "notes": list(self.notes),
        }  # fmt: skip


def import_litellm(
    paths: Paths, file: str, *, output: str | None = None, existing: Existing = "refuse", write: bool = True
) -> ImportedPrices:
    """Turn a saved LiteLLM price file into `prices/litellm.toml`, or into the file `output`.

    `output` "-" makes the text only. A file that is there is an error unless its other rows shall be kept (`merge`) or
    it shall be replaced.
    """
    from whyburn.prices.litellm import ImportProblem, read_litellm, render_toml  # noqa: PLC0415

    rows, problems = read_litellm(os.path.expanduser(file))
    metadata = {"generated_by": "whyburn prices import litellm", "source": os.path.basename(file)}
    usable = _usable(rows, render_toml(rows))
    taken = set(usable)
    problems += [
        ImportProblem(f"{row.provider}/{row.model}", "not usable as a price row") for row in rows if row not in taken
    ]
    if not usable:
        raise SettingsError(f"{file} holds no token prices; nothing was written")
    target = None if output == "-" else os.path.abspath(os.path.expanduser(output or _default(paths)))
    mode: Literal["new", "merge", "replace", "text"] = "text" if target is None else "new"
    text, kept = render_toml(usable, metadata), 0
    if target is not None and os.path.exists(target):
        if existing == "refuse":
            raise SettingsError(f"{target} is there already: --merge keeps its other rows, --replace drops them")
        mode = existing
        if existing == "merge":
            text, kept = _merged(_read(target), target, {_key(row) for row in usable}, render_toml(usable))
    notes: tuple[str, ...] = ()
    if write and target is not None:
        write_atomically(target, text)
        notes = _notes(paths, target)
    return ImportedPrices(usable, problems, text, target, mode, kept, write and target is not None, notes)


def _notes(paths: Paths, written: str) -> tuple[str, ...]:
    """What the loader finds wrong with a file that was just written, next to all others."""
    from whyburn.settings.loader import list_price_files, load  # noqa: PLC0415

    if written not in list_price_files(paths):
        return (f"prices are read from {paths.prices} and {paths.prices_dir}: {written} is not in use",)
    return tuple(str(problem) for problem in load(paths, {}).problems if problem.file == written)


def _default(paths: Paths) -> str:
    return os.path.join(paths.prices_dir, "litellm.toml")


def _usable(rows: list[ImportedRow], text: str) -> list[ImportedRow]:
    """The rows that the loader takes as they will be written."""
    taken = {(row.provider, row.model, row.context_min, row.context_max) for row in _loaded(text, "")[0]}
    return [row for row in rows if (row.provider, row.model, row.context_min, row.context_max) in taken]


def _loaded(text: str, file: str) -> tuple[tuple[PriceRow, ...], list[str]]:
    """The usable rows of a price file's text, and what is wrong with it."""
    from whyburn.settings.document import parse  # noqa: PLC0415
    from whyburn.settings.price_files import price_rows  # noqa: PLC0415

    document = parse(text, file)
    rows = price_rows([document], manual=file)
    return rows, [str(problem) for problem in document.problems if problem.level == "error"]


def _merged(old: str, file: str, replaced: Collection[_Key], new: str) -> tuple[str, int]:
    """The old text without list-price rows of the imported models, then the new rows; and how many old rows stay."""
    _, problems = _loaded(old, file)
    if problems:
        raise SettingsError(f"{problems[0]}; mend that first or use --replace, nothing was written")
    blocks = [block for block in _blocks(old) if _key_of(block) not in replaced]
    kept = "".join(blocks).rstrip("\n")
    text = f"{kept}\n{new if new.startswith(chr(10)) else chr(10) + new}"
    rows, problems = _loaded(text, file)
    if problems:
        raise SettingsError(f"the merged file would not be right ({problems[0]}); nothing was written")
    return text, sum(row.table == "actual" or _key(row) not in replaced for row in rows)


def _blocks(text: str) -> list[str]:
    """The text in pieces, each from one `[[` to the next; comments above a header belong to it."""
    blocks: list[str] = [""]
    waiting = ""
    for line in text.replace("\r\n", "\n").splitlines(keepends=True):
        if line.lstrip().startswith("["):
            blocks.append(waiting + line)
            waiting = ""
        elif not line.strip() or line.lstrip().startswith("#"):
            waiting += line
        else:
            blocks[-1] += waiting + line
            waiting = ""
    blocks[-1] += waiting
    return blocks


def _key_of(block: str) -> _Key | None:
    """Provider and model of a block that is a `[[pricing.virtual]]` row and nothing else."""
    try:
        rows = tomllib.loads(block)["pricing"]["virtual"]
        return (str(rows[0]["provider"]).strip().casefold(), str(rows[0]["model"]).strip().casefold())
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def _key(row: ImportedRow | PriceRow) -> _Key:
    return row.provider.strip().casefold(), row.model.strip().casefold()


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from None
