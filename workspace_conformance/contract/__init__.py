"""What is promised: requirements, documented operations, kinds of records, the manifest.

It uses no other room.
"""
