"""The files that `config init` writes.

The default template changes nothing: every key stands in it as a comment with its default, so that a later version's
better default is not frozen in someone's file. The copilot template adds an example price list.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from whyburn.errors import SettingsError
from whyburn.settings.writer import write_atomically

if TYPE_CHECKING:
    from whyburn.settings.paths import Paths

Template = Literal["default", "copilot"]
Only = Literal["all", "config", "prices", "subscriptions"]

_CONFIG = """\
# whyburn settings. Every line is optional; what stands behind # is the default or an example.
# Check this file with: whyburn config validate
config_version = 1

[imports]
# harnesses = ["claude", "codex"]    # read only these; default: every supported one
# missing_source = "warn"            # warn | error | skip, for places named below that do not exist
# include_raw_json = false           # keep raw records for debugging, on this machine only

[imports.sources]                    # places other than a harness's own: a path or a list of paths
# claude = "~/.claude/projects"
# codex = ["~/.codex/sessions", "~/.codex/archived_sessions"]

[reports]
# refresh = "auto"                   # never | auto | always: whether a report reads new log lines first
# min_refresh_interval_secs = 5      # with auto, not again within this time
# timezone = "Europe/Berlin"         # default: the zone of this machine
# week_start = "monday"

[costing]
# default_actual_mode = "source"     # source | zero | pricing: what a call really cost, where no rule below fits
# default_virtual_mode = "pricing"   # pricing | zero: the list price
{profile}
[costing.provider_aliases]           # another name of a provider = the name its prices stand under
# azure-openai = "openai"

# One table per rule; the most specific one decides. Any rule replaces the built-in ones.
# [[actual_cost]]
# harness = "claude"                 # also: provider, model; "*" or nothing means any
# mode = "zero"                      # a plan: calls cost nothing extra

[statusline]
# basis = "virtual"                  # source | actual | virtual
# max_width = 120
# elements = ["harness", "area", "model", "tokens", "cached", "cost", "quota", "burn", "unpriced"]
"""

_MACHINE = """\
# What this machine is called in reports; the environment variable WHYBURN_MACHINE_NAME wins.
[machine]
# name = "laptop"
"""

_PRICES = """\
# Your own prices. A row here wins over generated files in prices/ and over the built-in table.
# Amounts are US dollars per million tokens.
config_version = 1

# [[pricing.virtual]]                      # or [[pricing.actual]]: what you really pay
# provider = "openai"
# model = "gpt-5.4"
# aliases = ["gpt-5.4-latest"]
# input_usd_per_1m = 2.5
# output_usd_per_1m = 15
# cached_input_usd_per_1m = 0.25           # without it: the input price
# cache_write_usd_per_1m = 2.5             # without it: the input price
# cache_write_1h_usd_per_1m = 5
# reasoning_usd_per_1m = 15                # without it: the output price
# web_search_usd_per_1k = 10               # per thousand searches
# context_max_tokens = 272000              # the row is for prompts of at most this size; also context_min_tokens
# valid_from = 2026-03-01                  # also valid_until, the first day on which it no longer holds
"""

_SUBSCRIPTIONS = """\
# Plans with a quota. This version reads the file and does not report on plans yet.
config_version = 1
"""

_COPILOT_HEAD = """\
# An example, not a quotation: what GitHub published per model for Copilot, as checked on 2026-09-03.
# Prices change; compare with GitHub's page on Copilot models and pricing before you rely on them.
# Amounts are US dollars per million tokens. Your own rows win over the built-in table.
config_version = 1
"""

# model, input, output, cached input, cache write (blank: none published), largest and smallest prompt of the row
_COPILOT_ROWS = """\
claude-haiku-4.5   1     5     0.1    1.25
claude-opus-4.7    5     25    0.5    6.25
claude-opus-4.8    5     25    0.5    6.25
claude-opus-5      5     25    0.5    6.25
claude-opus-5.5    4     20    0.2    5
claude-sonnet-4.6  3     15    0.3    3.75
claude-sonnet-5    2     10    0.2    2.5
claude-sonnet-5.5  2     10    0.1    2.5
gemini-3.7-flash   0.75  3.75  0.075  -
gemini-4-argon     2     10    0.1    -
gpt-5-mini         0.25  2     0.025  -
gpt-5.3-codex      1.75  14    0.175  -
gpt-5.4-mini       0.75  4.5   0.075  -
gpt-5.4            2.5   15    0.25   -      ..272000
gpt-5.4            5     22.5  0.5    -      272001..
gpt-5.5            5     30    0.5    -      ..272000
gpt-5.5            10    45    1      -      272001..
gpt-6-luna         0.1   0.5   0.01   0.125  ..272000
gpt-6-luna         0.2   0.75  0.02   0.25   272001..
gpt-6-sol          2     10    0.2    2.5    ..272000
gpt-6-sol          4     15    0.4    5      272001..
kimi-k3            3     15    0.3    -
"""
_AMOUNTS = ("input_usd_per_1m", "output_usd_per_1m", "cached_input_usd_per_1m", "cache_write_usd_per_1m")


def init_files(paths: Paths, template: Template = "default", only: Only = "all", *, force: bool = False) -> list[str]:
    """Write the settings files of a template and the prices folder; returns what was written, in order.

    Nothing is written when one of the files exists, unless `force` says to replace them.
    """
    texts = {path: text for path, (part, text) in _texts(paths, template).items() if only in {"all", part}}
    existing = [path for path in texts if os.path.lexists(path)]
    if existing and not force:
        raise SettingsError(f"already there: {', '.join(existing)} (--force replaces them)")
    for path, text in texts.items():
        write_atomically(path, text)
    written = list(texts)
    if only in {"all", "prices"}:
        _make_folder(paths.prices_dir)
        written.append(paths.prices_dir)
    return written


def _texts(paths: Paths, template: Template) -> dict[str, tuple[str, str]]:
    """Per file the part it belongs to and its text."""
    copilot = template == "copilot"
    profile = 'price_profile = "github-copilot"       # a name for the price list in use, shown by config show'
    return {
        paths.config: ("config", _CONFIG.format(profile=profile if copilot else f"# {profile}")),
        paths.machine: ("config", _MACHINE),
        paths.prices: ("prices", _copilot_prices() if copilot else _PRICES),
        paths.subscriptions: ("subscriptions", _SUBSCRIPTIONS),
    }


def _copilot_prices() -> str:
    return "\n".join([_COPILOT_HEAD, *map(_copilot_row, _COPILOT_ROWS.splitlines())])


def _copilot_row(line: str) -> str:
    model, *amounts = line.split()
    rows = ["[[pricing.virtual]]", 'provider = "github-copilot"', f'model = "{model}"']
    rows += [f"{key} = {amount}" for key, amount in zip(_AMOUNTS, amounts, strict=False) if amount != "-"]
    low, dots, high = amounts[-1].partition("..")
    if dots:
        rows.append(f"context_min_tokens = {low}" if low else f"context_max_tokens = {high}")
    return "\n".join([*rows, ""])


def _make_folder(path: str) -> None:
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{path} cannot be made ({error.strerror})") from None
