"""The local server: pages of a site that follow the logs while they grow. Only `serve` imports this room.

`keeper` knows which pages there are and keeps their files fresh, `live` lets a page in a browser notice, `app` answers
requests from the keeper's files and nothing else, `run` listens on one socket until it is told to stop.
"""
