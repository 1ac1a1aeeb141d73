"""The ledger: one SQLite file that holds every billed call exactly once.

Writing: `ingest` drives harnesses over changed sources, `batch` merges copies in memory, `store` merges them into the
file, `groups` and `owners` decide which copy counts and for whom, `rollups` rebuilds the sums of every session that a
batch touched, all in one transaction with the checkpoints of the sources. Reading: `database.open_reader` and the
`usage` room. Nothing in the file is ever incremented: what is derived is rebuilt from calls by one function, which
`verify` runs again to prove that it still holds.
"""
