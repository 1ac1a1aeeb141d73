"""Accounting of traces: what a log of events says about cost, whoever wrote it.

A trace is a list of events with whatever each of them tells: tokens, recorded dollars, files, an error. `jsonl` reads
the line format of traces, `otel` a telemetry export of Claude Code (`otlp` takes it apart); `values` reads dirty
fields, `traits` tells what an event is. `costs` gives each event its dollars and says by which right. `accounting`
sums them, `patterns` finds what repeats, `savings` computes what would have cost less, `findings` says it in words,
`drivers`, `process` and `case` tell the story of the session, `result` is all of it as data. No file is opened here.
"""
