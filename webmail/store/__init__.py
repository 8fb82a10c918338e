"""The message store: one SQLite database and a directory of message bodies for each account.

What lies on the disk, and in which order it is written, is told in docs/store.md.
"""
