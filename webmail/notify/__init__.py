"""Hints of what happened in the store, in this process and between the processes of one host.

A hint only says "look again": it may be lost, doubled or late, and whoever hears it reads the store and
compares. Between processes it is a datagram: each process that listens has a Unix socket in one
directory, `<pid>-<random>.sock`, and a publisher sends to all of them.
"""

from webmail.notify.hint import Event, Hint
from webmail.notify.publisher import Publisher, publisher
from webmail.notify.subscription import Heard, Hints, Subscription, opened

__all__ = ["Event", "Heard", "Hint", "Hints", "Publisher", "Subscription", "opened", "publisher"]
