"""Prices that a person gives for one report: a small JSON file, and options that win over it.

Amounts are US dollars per million tokens, read as decimals and kept as whole pico-dollars per token. The file is flat,
or has an object for each source: `codex` and `claude`, whose prices are also for models of OpenAI and Anthropic where
nothing else tells the source. Each may carry `models`, in which an id or a pattern with `*` has prices of its own. A
complete id wins over a pattern, a longer pattern over a shorter one; how a name begins matters only where the pattern
says so. Amounts that are all zero switch pricing off for what they are for. What stands nowhere here is left to the
price book.

    {"claude": {"input_price_per_mtok": 3, "cache_write_price_per_mtok": "3.75", "cache_read_price_per_mtok": 0.3,
                "output_price_per_mtok": 15, "models": {"*haiku*": {"input_price_per_mtok": 1, …}}}}
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

from whyburn.errors import SettingsError
from whyburn.prices import snapshot
from whyburn.prices.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEYS = {
    "input_price_per_mtok": "input",
    "output_price_per_mtok": "output",
    "cached_input_price_per_mtok": "cache_read",
    "cache_read_price_per_mtok": "cache_read",
    "cache_write_price_per_mtok": "write_5m",
    "cache_write_1h_price_per_mtok": "write_1h",
}
"""Keys of the file, and options with dashes for the underscores, with the class of tokens that each prices. A class
without a price of its own is billed as in every price table: cache reads and writes as input, 1h writes as writes."""
SOURCES = ("codex", "claude")
LABS = {"openai": "codex", "anthropic": "claude"}
"""Whose models a source's prices are for, where nothing else tells the source."""
FLAGS = "price options"
_MOST = 1_000_000
_FINEST = Decimal("0.000001")
"""In dollars per million tokens: a pico-dollar per token."""
Amounts = dict[str, int]
"""Class of tokens to pico-dollars per token."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one object of the file says."""

    base: Amounts = field(default_factory=dict)
    """Empty when only `models` are priced."""
    models: dict[str, Amounts] = field(default_factory=dict)
    """By id or pattern, in small letters."""


@dataclass(frozen=True, slots=True)
class PriceConfig:
    """The prices that were given, and where."""

    sections: Mapping[str, Section]
    """By source; "" for a flat file and for options without a file."""
    flags: Amounts
    """Amounts that replace those of the file, for every model."""
    origin: str
    """What a header says: the file, the options, or both."""

    @classmethod
    def from_flags(cls, given: Mapping[str, str | None], *, over: PriceConfig | None = None) -> PriceConfig | None:
        """Options by their key (`input_price_per_mtok`) over the prices of a file; None when nothing was given."""
        said = {name: value for name, value in given.items() if value is not None}
        if not said:
            return over
        amounts = _amounts(said, lambda key: f"--{key.replace('_', '-')}")
        if over is None:
            _complete(
                amounts, lambda key: f"--{key.replace('_', '-')} is needed too: the other prices alone say little"
            )
            return cls({"": Section(amounts)}, {}, FLAGS)
        return cls(over.sections, amounts, f"{FLAGS}, then {over.origin}")

    @property
    def off(self) -> bool:
        """Whether every amount is zero: nothing is to be priced, not by the price book either."""
        every = [one for section in self.sections.values() for one in (section.base, *section.models.values()) if one]
        return not any(value for one in every for value in {**one, **self.flags}.values())

    def covers(self, model: str, *, source: str | None = None) -> bool:
        """Whether these prices decide about a model; if not, the price book does."""
        return self.off or self._found(model, source) is not None

    def rate(self, model: str, *, source: str | None = None) -> Rate | None:
        """The price of a model of a source; None when it has none here or pricing is switched off for it."""
        found = self._found(model, source)
        if found is None:
            return None
        name, amounts = found
        amounts = {**amounts, **self.flags}
        return _rate(name, amounts, self.origin) if any(amounts.values()) else None

    def _found(self, model: str, source: str | None) -> tuple[str, Amounts] | None:
        """The amounts that apply: a model's own, then its source's."""
        source = source or _source_of(model)
        asked = [self.sections[name] for name in ("", source) if name in self.sections]
        patterns = {name: amounts for section in asked for name, amounts in section.models.items()}
        matching = [name for name in patterns if fnmatchcase(model.lower(), name)]
        if matching:
            best = max(matching, key=lambda name: ("*" not in name, len(name), name))
            return best, patterns[best]
        bases = [section.base for section in reversed(asked) if section.base]
        if not bases and {"input", "output"} <= self.flags.keys():
            bases = [self.flags]
        return ("*", bases[0]) if bases else None


@cache
def _source_of(model: str) -> str:
    """The source whose lab lists a model; empty where none of them does."""
    for lab, source in LABS.items():
        table = snapshot.provider_table(lab)
        if table is not None and table.names.find(model) is not None:
            return source
    return ""


def load_price_config(path: str) -> PriceConfig:
    """The prices of a JSON file; SettingsError, in one line with file and key, when it cannot be used."""
    root = _table(_read(path), path, "")
    known = {name: root[name] for name in SOURCES if name in root}
    flat = {name: value for name, value in root.items() if name not in known}
    sections = {name: _section(_table(value, path, name), path, f"{name}.") for name, value in known.items()}
    if flat:
        sections[""] = _section(flat, path, "")
    sections = {name: section for name, section in sections.items() if section.base or section.models}
    if not sections:
        raise SettingsError(f"{path}: holds no prices (keys: {', '.join(KEYS)}, or codex, claude, models)")
    return PriceConfig(sections, {}, path)


def _read(path: str) -> object:
    try:
        with open(os.path.expanduser(path), "rb") as file:
            return json.loads(file.read().decode("utf-8-sig"), parse_float=_decimal, parse_constant=_decimal)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise SettingsError(f"{path}:{error.lineno}: is not JSON ({error.msg})") from None
    except (ValueError, RecursionError):  # digits beyond any number, brackets beyond any depth
        raise SettingsError(f"{path} is not a price file") from None


def _table(value: object, path: str, key: str) -> dict[str, object]:
    """An object without its notes: names that begin with `_`."""
    if not isinstance(value, dict):
        raise SettingsError(f"{path}: {key or 'the file'} is not an object of prices")
    return {name: one for name, one in value.items() if not name.startswith("_")}


def _section(table: dict[str, object], path: str, prefix: str) -> Section:
    models = _table(table.pop("models", {}), path, f"{prefix}models")
    base = _priced(table, path, prefix) if table else {}
    priced = {
        name.strip().lower(): _priced(_table(one, path, f"{prefix}models.{name}"), path, f"{prefix}models.{name}.")
        for name, one in models.items()
    }
    return Section(base, priced)


def _priced(table: dict[str, object], path: str, prefix: str) -> Amounts:
    amounts = _amounts(table, lambda key: f"{path}: {prefix}{key}")
    _complete(amounts, lambda key: f"{path}: {prefix}{key} is missing")
    return amounts


def _amounts(table: Mapping[str, object], place: Callable[[str], str]) -> Amounts:
    """Pico-dollars per token of each class; `place` tells a key's place for an error."""
    found: Amounts = {}
    for key, value in table.items():
        if key not in KEYS:
            raise SettingsError(f"{place(key)} is no price (known: {', '.join(KEYS)})")
        amount = _pico(value, place(key))
        if found.setdefault(KEYS[key], amount) != amount:
            raise SettingsError(f"{place(key)} contradicts the other price of cache reads")
    return found


def _complete(amounts: Amounts, message: Callable[[str], str]) -> None:
    for key in ("input_price_per_mtok", "output_price_per_mtok"):
        if KEYS[key] not in amounts:
            raise SettingsError(message(key))


def _pico(value: object, place: str) -> int:
    known = isinstance(value, (int, str, Decimal)) and not isinstance(value, bool)
    amount = _decimal(value) if known else Decimal("NaN")
    if not amount.is_finite():
        raise SettingsError(f"{place} is not a price: US dollars per million tokens, such as 0.25")
    if not 0 <= amount <= _MOST:
        raise SettingsError(f"{place} is not between 0 and {_MOST:,} dollars per million tokens")
    rounded = amount.quantize(_FINEST)
    if rounded != amount:
        raise SettingsError(f"{place} is finer than {_FINEST} dollars per million tokens, a pico-dollar per token")
    return int(rounded / _FINEST)


def _decimal(digits: object) -> Decimal:
    try:
        return Decimal(str(digits))
    except InvalidOperation:
        return Decimal("NaN")


def _rate(name: str, amounts: Amounts, origin: str) -> Rate:
    return Rate(
        table="given", provider="", model=name, tier_min=-1, tier_max=None, valid_from_ms=None, valid_until_ms=None,
        mods="", input=amounts["input"], output=amounts["output"], reasoning=None,
        cache_read=amounts.get("cache_read"), write_5m=amounts.get("write_5m"), write_1h=amounts.get("write_1h"),
        search=0, origin=origin, match_step="exact" if "*" not in name else "pattern", status="priced",
        basis="given",
    )  # fmt: skip
