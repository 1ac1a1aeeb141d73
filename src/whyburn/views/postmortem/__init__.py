"""Postmortems on a terminal and as Markdown: drawn from the same plain data that `--json` prints."""
