"""Accounting of traces: what a log of events says about cost, whoever wrote it.

A trace is a list of events with whatever each of them tells: tokens, recorded dollars, files, an error. `jsonl` reads
whyburn's own line format, `otel` a telemetry export of Claude Code; `values` holds what both need to read dirty fields.
`costs` gives each event its dollars and says by which right. `accounting` sums them, `patterns` finds what repeats,
`savings` computes what would have cost less, `findings` says it in words, `drivers` and `case` tell the story of the
session, and `result` is all of it as data. No part of this package opens a file.
"""
