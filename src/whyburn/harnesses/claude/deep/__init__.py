"""The deep reader of Claude Code: one session's log as a stream of transcript items.

`reader` goes through the files and lines, `chain` holds the response that is being written and knows the tree of
records, `response` merges its lines, `inputs` and `attachments` say what entered the prompt, `tools` what a call did.
"""

from __future__ import annotations

from whyburn.harnesses.claude.deep.reader import transcript

__all__ = ["transcript"]
