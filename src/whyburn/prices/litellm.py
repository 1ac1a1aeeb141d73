"""Read LiteLLM's `model_prices_and_context_window.json` into rows of the user's own price tables.

The file is a catalogue of today's prices per token in floats. Each entry with token prices becomes one row, and one
more per `…_above_200k_tokens` step, with the prompt range it is for. A row is written in the words of `prices/*.toml`,
so that what was imported can be read, edited and thrown away. Entries that cannot be used are told with a reason.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from whyburn.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ABOVE = re.compile(r"^input_cost_per_token_above_(\d+)k_tokens$")
_FIELDS = (
    ("input_usd", "input_cost_per_token"),
    ("output_usd", "output_cost_per_token"),
    ("cached_input_usd", "cache_read_input_token_cost"),
    ("cache_write_usd", "cache_creation_input_token_cost"),
    ("cache_write_1h_usd", "cache_creation_input_token_cost_above_1hr"),
    ("reasoning_usd", "output_cost_per_reasoning_token"),
)
_DEAREST = 1_000_000  # dollars per million tokens or thousand searches: the most that a price file may say
_PROVIDERS = {
    "vertex_ai-language-models": "google-vertex",
    "vertex_ai-anthropic_models": "google-vertex-anthropic",
    "gemini": "google",
    "bedrock": "amazon-bedrock",
    "bedrock_converse": "amazon-bedrock",
    "dashscope": "alibaba",
    "moonshot": "moonshotai",
    "together_ai": "togetherai",
    "fireworks_ai": "fireworks-ai",
    "novita": "novita-ai",
    "github_copilot": "github-copilot",
}


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A price row that is not in a file yet; amounts are US dollars per million tokens."""

    provider: str
    model: str
    input_usd: Decimal
    output_usd: Decimal
    cached_input_usd: Decimal | None
    cache_write_usd: Decimal | None
    cache_write_1h_usd: Decimal | None
    reasoning_usd: Decimal | None
    web_search_usd_per_1k: Decimal | None
    context_min: int | None
    context_max: int | None


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """An entry that gave no row, and why."""

    entry: str
    reason: str


def read_litellm(path: str) -> tuple[list[ImportedRow], list[ImportProblem]]:
    """The rows of a LiteLLM price file, by provider and model, and the entries that gave none."""
    rows: list[ImportedRow] = []
    problems: list[ImportProblem] = []
    seen: set[tuple[str, str]] = set()
    for name, entry in _entries(path).items():
        if name == "sample_spec":
            continue
        try:
            found = _rows(name, entry)
        except _UnusableError as error:
            problems.append(ImportProblem(name, str(error)))
            continue
        key = (found[0].provider, found[0].model)
        if key in seen:
            problems.append(ImportProblem(name, f"a second price for {key[0]}/{key[1]}"))
            continue
        seen.add(key)
        rows += found
    rows.sort(key=lambda row: (row.provider, row.model, row.context_min or 0))
    return rows, problems


class _UnusableError(Exception):
    """Why an entry gives no row."""


def _entries(path: str) -> Mapping[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            loaded = json.load(file, parse_float=_decimal)
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise SourceError(f"{path} is not JSON: {error}") from error
    if not isinstance(loaded, dict):
        raise SourceError(f"{path} is not a LiteLLM price file: it holds no object of models")
    return loaded


def _rows(name: str, entry: object) -> list[ImportedRow]:
    if not isinstance(entry, dict):
        raise _UnusableError("not an object")
    provider = entry.get("litellm_provider")
    if not isinstance(provider, str) or not provider:
        raise _UnusableError("no litellm_provider")
    steps = sorted(int(match[1]) * 1000 for key in entry if (match := _ABOVE.match(key)))
    bounds = [None, *steps]
    return [_row(name, provider, entry, above, until) for above, until in zip(bounds, [*steps, None], strict=True)]


def _row(name: str, provider: str, entry: Mapping[str, Any], above: int | None, until: int | None) -> ImportedRow:
    amounts = {field: _usd(entry, key, above) for field, key in _FIELDS}
    if amounts["input_usd"] is None or amounts["output_usd"] is None:
        raise _UnusableError("no prices for input and output tokens")
    return ImportedRow(
        provider=_PROVIDERS.get(provider, provider.replace("_", "-")),
        model=name.removeprefix(f"{provider}/"),
        input_usd=amounts["input_usd"],
        output_usd=amounts["output_usd"],
        cached_input_usd=amounts["cached_input_usd"],
        cache_write_usd=amounts["cache_write_usd"],
        cache_write_1h_usd=amounts["cache_write_1h_usd"],
        reasoning_usd=amounts["reasoning_usd"],
        web_search_usd_per_1k=_search(entry),
        context_min=None if above is None and until is None else (0 if above is None else above + 1),
        context_max=until,
    )


def _usd(entry: Mapping[str, Any], key: str, above: int | None) -> Decimal | None:
    """An amount per million; above a step its own amount, else the ordinary one."""
    stepped = f"{key}_above_{above // 1000}k_tokens" if above is not None else key
    value = entry.get(stepped, entry.get(key))
    if value is None:
        return None
    return _scaled(value, 1_000_000, stepped)


def _scaled(value: object, factor: int, key: str) -> Decimal:
    """A number, also one in quotes, times the factor; judged before arithmetic that huge numbers would break."""
    known = isinstance(value, (int, float, str, Decimal)) and not isinstance(value, bool)
    amount = _decimal(value) if known else Decimal("NaN")
    if not amount.is_finite():
        raise _UnusableError(f"{key} is not a number")
    if not 0 <= amount <= _DEAREST // factor:
        raise _UnusableError(f"{key} is not a price")
    # A float such as 2.9999999999999997e-06 is dust around 3 dollars; a pico-dollar per token is the smallest unit.
    return _plain((amount * factor).quantize(Decimal("0.000001")))


def _decimal(value: Any) -> Decimal:
    """What is written, or NaN where that is no number or has an exponent beyond all numbers."""
    try:
        return Decimal(value)
    except InvalidOperation:
        return Decimal("NaN")


def _search(entry: Mapping[str, Any]) -> Decimal | None:
    """The fee of a thousand web searches, of the middle size when the file has several."""
    fees = entry.get("search_context_cost_per_query")
    if not isinstance(fees, dict):
        return None
    fee = fees.get("search_context_size_medium")
    return None if fee is None else _scaled(fee, 1000, "search_context_size_medium")


def _plain(amount: Decimal) -> Decimal:
    """The same amount without trailing zeros and without an exponent."""
    return Decimal(f"{amount.normalize():f}")


def render_toml(rows: Iterable[ImportedRow], metadata: Mapping[str, str] | None = None) -> str:
    """The text of a generated price file for `prices/`."""
    head = ["[metadata]", *(f"{key} = {_quoted(value)}" for key, value in (metadata or {}).items())] if metadata else []
    return "\n".join([*head, *(line for row in rows for line in _lines(row))]).lstrip("\n") + "\n"


def _lines(row: ImportedRow) -> list[str]:
    lines = ["", "[[pricing.virtual]]", f"provider = {_quoted(row.provider)}", f"model = {_quoted(row.model)}"]
    for field, _ in _FIELDS:
        amount = getattr(row, field)
        if amount is not None:
            lines.append(f"{field}_per_1m = {amount}")
    if row.web_search_usd_per_1k is not None:
        lines.append(f"web_search_usd_per_1k = {row.web_search_usd_per_1k}")
    if row.context_min is not None:
        lines.append(f"context_min_tokens = {row.context_min}")
    if row.context_max is not None:
        lines.append(f"context_max_tokens = {row.context_max}")
    return lines


def _quoted(text: str) -> str:
    """A TOML basic string; JSON escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=True)
