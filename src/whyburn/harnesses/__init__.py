"""Harnesses: one module or small package per agent program, found by entry point; see `interface`."""
