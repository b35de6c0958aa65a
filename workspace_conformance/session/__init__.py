"""pytest and the command line: options, plugin, run, scheduling, planning, clean-up.

It may use every other room.
"""
