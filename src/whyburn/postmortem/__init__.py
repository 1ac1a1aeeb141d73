"""The postmortem: where every dollar of one session went, and what would have saved it.

`chains` joins the transcript of a session with the ledger's bills, `relations` says what its calls are to each other,
`sizes` finds out how many tokens each piece of the prompt has, `charges` distributes the bill over pieces, mechanisms
and calls, `events` finds where the cache was lost; `anatomy` holds the result. `findings` says what could have been
avoided, `claims` how much of it in all, `diagnosis` answers the five questions, and `report` makes plain data of it.
Nothing here prints, reads a file or knows a harness.
"""
