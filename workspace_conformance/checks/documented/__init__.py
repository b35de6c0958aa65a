"""The documented operations: each is asked a few questions once, and judged by them.

`asking` finds what an operation can be asked with, `presence` which modules are there, `reading`
asks and notes, `judging` judges one requirement each; `strangers` sends refused writes.
"""
