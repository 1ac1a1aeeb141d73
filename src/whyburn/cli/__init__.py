"""The command line: parse, call the api, hand to a view, choose an exit code.

One module a command, loaded when it is used.
"""
