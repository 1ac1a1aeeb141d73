"""The price book: what a token cost, by whom, and on which day.

`book.Book` answers the one question the ledger asks: which rate applies to this call. User tables come first, then the
dated snapshot that is shipped with the program, and what neither lists stays unpriced. `explain` and `listing` show why
and what; `litellm` reads a foreign table into user rows. Nothing here opens the network or the ledger, and importing
the package loads no price: the snapshot is read one provider at a time, when a call of that provider is priced.
"""

from __future__ import annotations
