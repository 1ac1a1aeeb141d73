"""What a postmortem says in words: the likely cause, its evidence, what the work looked like, what to do next.

Everything follows from the anatomy, the findings and the loops; no text of a log is searched for words here.
"""
