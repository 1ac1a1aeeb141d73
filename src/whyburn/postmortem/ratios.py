"""How many bytes make a token, measured in the session itself.

Where text of one texture entered between two calls (nine tenths of it at least, often a single tool result) and the
output of the first is final, the growth of the prompt less that output is its size in tokens. The median over such gaps
holds for texts of the same texture under the same model. Too few samples fall back to those of all textures, brought to
the texture in question by how such texts usually compare; without these to a prior. Both are marked so.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING

from whyburn.postmortem.anatomy import Ratio

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.postmortem.anatomy import Anatomy, Call
    from whyburn.transcript import Block

PRIOR_MILLI = 3_000
"""Bytes per token of code, in thousandths, when nothing was measured."""
_COMPARED: dict[str, int] = {"code": 100, "prose": 117, "data": 76, "other": 85}
"""Bytes per token in percent of those of code: medians over sessions of Claude and GPT models that have several
textures."""
_LEAST_BYTES = 2_000
_LEAST_SAMPLES = 3
_PLAUSIBLE = (1_000, 8_000)
_DATE = re.compile(r"[-@]\d{8}.*$")
ALL = "all"


class Ratios:
    """The measured ratios of one session."""

    def __init__(self, samples: Iterable[tuple[str, str, int]]) -> None:
        self._samples: dict[tuple[str, str], list[int]] = {}
        for family, texture, milli in samples:
            self._samples.setdefault((family, texture), []).append(milli)
            self._samples.setdefault((family, ALL), []).append(milli * 100 // _COMPARED[texture])
        self._found: dict[tuple[str, str], Ratio] = {}

    def of(self, model: str, texture: str) -> Ratio:
        """The ratio for a texture under a model."""
        found = self._found.get((model, texture))
        if found is None:
            found = self._found[model, texture] = self._look_up(family_of(model), texture)
        return found

    def used(self) -> list[Ratio]:
        """Every ratio that was asked for."""
        return sorted(set(self._found.values()))

    def weight(self, model: str, block: Block) -> int:
        """Tokens that a block should have by its bytes; 0 for one whose bytes do not tell."""
        return 0 if block.opaque else block.size * 1_000 // self.of(model, block.texture).milli

    def _look_up(self, family: str, texture: str) -> Ratio:
        own, every = self._samples.get((family, texture), []), self._samples.get((family, ALL), [])
        if len(own) >= _LEAST_SAMPLES:
            return Ratio(family, texture, median_low(own), len(own), "measured")
        if len(every) >= _LEAST_SAMPLES:
            return Ratio(family, texture, median_low(every) * _COMPARED[texture] // 100, len(every), "family")
        return Ratio(family, texture, PRIOR_MILLI * _COMPARED[texture] // 100, 0, "prior")


@cache
def family_of(model: str) -> str:
    """A model's id without its date: models of one family share a tokenizer."""
    return _DATE.sub("", model.rpartition("/")[2])


def measure(anatomy: Anatomy) -> Ratios:
    """The ratios of a session, from all gaps that tell."""
    found = []
    for chain in anatomy.chains:
        if chain.side:
            continue
        for before, after in pairwise(chain.calls):
            sample = _sample(anatomy, anatomy.calls[before], anatomy.calls[after])
            if sample:
                found.append(sample)
    return Ratios(found)


def _sample(anatomy: Anatomy, before: Call, after: Call) -> tuple[str, str, int] | None:
    if after.boundary is not None or not before.final or before.step is None:
        return None
    blocks = [block for index in after.entered if (block := anatomy.pieces[index].block) is not None and block.size]
    if not blocks or any(block.opaque for block in blocks):
        return None
    main = max(blocks, key=lambda block: block.size)
    size = sum(block.size for block in blocks)
    alike = sum(block.size for block in blocks if block.texture == main.texture)
    tokens = after.prompt - before.prompt - before.o
    if alike < _LEAST_BYTES or alike * 10 < size * 9 or tokens <= 0:
        return None
    milli = size * 1_000 // tokens
    return (family_of(after.model), main.texture, milli) if _PLAUSIBLE[0] <= milli <= _PLAUSIBLE[1] else None
