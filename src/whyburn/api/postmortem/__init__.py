"""Postmortems of stored sessions and of log files: which session, its report, and reports over many."""
