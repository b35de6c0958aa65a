"""The steps that checks are written in, and what they expect of an exchange.

They may use portal and the rooms below it.
"""
