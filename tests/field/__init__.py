"""Runs in the field: what happens around a correct portal is held against nobody."""
