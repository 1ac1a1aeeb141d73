"""The whole transcript of a Codex thread: steps, and the blocks of their prompts and outputs.

`reader` goes through the lines and lets skimming's own parser say which of them are calls, so that a step has the key
of its call by construction. `order` finds which items belong to which response, `items` makes blocks of them with the
help of `messages`, `tools` and `results`. `records` holds the shapes.
"""

from __future__ import annotations

from whyburn.harnesses.codex.deep.reader import transcript

__all__ = ["transcript"]
