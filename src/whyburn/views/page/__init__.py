"""HTML pages: one self-contained file each, from data that is finished elsewhere.

`engine` turns a template into a page with its style, its script and a content policy that allows nothing else;
`numbers` formats, `tables`, `strata` and `icicle` draw, `session` and its neighbours choose what is said. Texts of logs
are hostile: every string that a template prints is cleaned of control and direction characters, redacted and escaped
by the engine, unless it is `Markup`, which only this package makes.
"""
