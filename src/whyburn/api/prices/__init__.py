"""Prices from outside: what the book lists (`book`), what calls used (`used`), and a foreign table (`foreign`).

Both lists take the same `PriceFilters`. Nothing here changes the ledger; `foreign` writes a price file.
"""
