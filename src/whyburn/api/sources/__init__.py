"""Logs from outside: what was found and read of it (`found`), sessions straight from the logs (`scan`), and what could
not be read (`skipped`). Only forgetting skipped lines writes, and only to the ledger.
"""
