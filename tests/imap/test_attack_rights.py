"""What somebody tries with rights that were taken away, or with names that are another's."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Shared
from tests.imap.talk import Client, letter, literal


@pytest.mark.parametrize(
    "command",
    [
        b"COPY 1:* INBOX",
        b"UID COPY 1:* INBOX",
        b"MOVE 1:* INBOX",
        b"UID MOVE 1:* INBOX",
        b"STORE 1:* +FLAGS (\\Deleted)",
        b"STORE 1:* +FLAGS.SILENT (\\Seen)",
        b"EXPUNGE",
        b"UID EXPUNGE 1:*",
        b"CLOSE",
        b"REPLACE 1 INBOX " + literal(letter("Mine")),
        b"UID REPLACE 1 INBOX " + literal(letter("Mine")),
    ],
)
def test_rights_that_were_taken_away_do_not_count_for_one_more_command(
    alice: Client, bob: Client, shared: Shared, command: bytes
) -> None:
    bob.ok(f"SELECT {shared('lrswipte')}")
    alice.ok(f"DELETEACL Work {bob.uid}")
    bob.asks(command)
    assert bob.number("INBOX", "MESSAGES") == 0
    assert [alice.number("Work", item) for item in ("MESSAGES", "DELETED", "UNSEEN")] == [2, 1, 2]


def test_threads_of_a_mailbox_that_may_not_be_read_any_more_are_not_told(
    alice: Client, bob: Client, shared: Shared
) -> None:
    bob.ok(f"SELECT {shared('lr')}")
    alice.ok(f"DELETEACL Work {bob.uid}")
    assert "* THREAD" in bob.ok("THREAD REFERENCES UTF-8 ALL")
