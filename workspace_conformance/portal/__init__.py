"""The target as checks see it: what it serves, records of ours, their journal and removal.

It may use transport and the rooms below it.
"""
