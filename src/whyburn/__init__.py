"""whyburn: where did the money go, and why.

An exact ledger of what AI coding agents burn, read from the logs they leave behind. The stable Python interface
is `whyburn.api`; importing this package itself costs nothing.
"""

__version__ = "0.1.0"
