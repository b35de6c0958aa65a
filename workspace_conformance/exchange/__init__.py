"""A question and its answer, and how both are read: outcomes, media, forms, identifiers.

It may use the contract.
"""
