"""Reports as plain data: one engine answers every question about usage.

`engine.ask` sums calls by any dimensions over any window and selection; `aggregate`, `series` and `sessions` are
presets of it that arrange its rows for people. A view never adds anything up.
"""
