"""Targets that are hostile or broken, and what a run against each must come to."""
