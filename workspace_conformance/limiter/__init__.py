"""The burst over the rate limit: sending, analysing, judging, keeping.

It may use checks and the rooms below it.
"""
