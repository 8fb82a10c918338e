"""Changes of an account: counters, uids, mod-sequences and snapshots hold whatever is done, and in any order."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.store.accounts import contents, letter, mailbox, put, read, store_in, uids, write
from webmail.errors import AlreadyExists, NotAllowed, NotFound, OverQuota
from webmail.notify import Event, Hint
from webmail.store import acl, flags, inbox, mailboxes, messages, quota
from webmail.store.account import Account
from webmail.store.check import faults
from webmail.store.flags import How
from webmail.store.snapshot import Snapshot
from webmail.store.transaction import Transaction

FLAGS = ("\\Seen", "\\Deleted", "\\Flagged", "$Work", "$Later")


@dataclass(slots=True)
class Player:
    """Does things at random to one account, and looks at INBOX now and then."""

    account: Account
    chance: random.Random
    number: int = 0
    seen: list[Snapshot] = field(default_factory=list)
    given: dict[str, int] = field(default_factory=dict)  # mailbox → the highest uid

    def step(self) -> None:
        deeds: tuple[Callable[[], object], ...] = (
            self.append, self.append, self.copy, self.move, self.store, self.store, self.expunge, self.remove,
        )  # fmt: skip
        before = read(self.account, _modseq)
        self.chance.choice(deeds)()
        assert read(self.account, _modseq) >= before
        self.look()

    def some(self) -> tuple[int, list[int]]:
        """A mailbox and some uids of it; perhaps such that are not there."""
        name = self.chance.choice(("INBOX", "Archive"))
        there = uids(self.account, name)
        return mailbox(self.account, name).id, [*self.chance.sample(there, min(3, len(there))), 999]

    def append(self) -> None:
        self.number += 1
        placed = put(
            self.account,
            *(letter(number=self.number, text="x" * each) for each in range(self.chance.randrange(1, 4))),
            into=self.chance.choice(("INBOX", "Archive")),
            marks=self.chance.sample(FLAGS, 2),
        )
        assert placed.uids == tuple(range(placed.uids[0], placed.uids[0] + len(placed.uids)))

    def copy(self) -> None:
        source, chosen = self.some()
        placed = write(self.account, messages.copy, source, chosen, mailbox(self.account, "Archive").id)
        assert len(placed.uids) == len(placed.sources) == len(chosen) - 1

    def move(self) -> None:
        source, chosen = self.some()
        write(self.account, messages.move, source, chosen, mailbox(self.account, "Archive").id)

    def store(self) -> None:
        number, chosen = self.some()
        how = self.chance.choice(list(How))
        write(self.account, messages.store, number, chosen, how, self.chance.sample(FLAGS, 2))

    def expunge(self) -> None:
        write(self.account, messages.expunge_all, mailbox(self.account).id)

    def remove(self) -> None:
        write(self.account, messages.remove, *self.some())

    def look(self) -> None:
        number = mailbox(self.account).id
        now = read(self.account, self.account.snapshots.of, number)
        assert _shown(now) == _rows(self.account, number)
        for older in self.seen[-3:]:
            self.compare(older, now)
        if self.chance.random() < 0.5:
            self.seen.append(now)

    @staticmethod
    def compare(older: Snapshot, now: Snapshot) -> None:
        difference = now.since(older)
        assert set(difference.expunged) == set(older.uids) - set(now.uids)
        assert list(now.uids[len(now.uids) - difference.new :]) == sorted(set(now.uids) - set(older.uids))
        before, after = (
            dict(zip(older.uids, older.flags, strict=True)),
            dict(zip(now.uids, now.flags, strict=True)),
        )
        changed = {uid for uid in before.keys() & after.keys() if before[uid] != after[uid]}
        assert changed <= set(difference.flagged)


def _modseq(transaction: Transaction) -> int:
    number: int = transaction.value("SELECT modseq FROM account")
    return number


def _shown(snapshot: Snapshot) -> list[tuple[int, ...]]:
    return list(zip(snapshot.uids, snapshot.flags, snapshot.modseqs, snapshot.sizes, strict=True))


def _rows(account: Account, number: int) -> list[tuple[int, ...]]:
    statement = "SELECT uid, flags, modseq, size FROM message WHERE mailbox = ? ORDER BY uid"
    return read(account, lambda transaction: transaction.all(statement, number))


@pytest.mark.parametrize("seed", range(10))
def test_whatever_is_done_all_stays_consistent(alice: Account, seed: int) -> None:
    player = Player(alice, random.Random(seed))
    for number in range(120):
        player.step()
        if number % 10 == 0:
            assert not list(faults(alice))


def test_a_copy_shares_its_body_which_goes_with_the_last_of_them(alice: Account) -> None:
    put(alice, letter())
    write(alice, messages.copy, mailbox(alice).id, [1], mailbox(alice, "Archive").id)
    write(alice, messages.remove, mailbox(alice).id, [1])
    assert [octets for octets, _, _ in contents(alice, "Archive")] == [letter()]
    write(alice, mailboxes.delete, "Archive")
    assert not list((alice.place / "bodies").glob("*/*"))
    assert not list(faults(alice))


def test_uids_and_uidvalidity_are_never_given_again(alice: Account) -> None:
    put(alice, letter(), letter())
    write(alice, messages.remove, mailbox(alice).id, [2])
    assert put(alice, letter()).uids == (3,)
    before = mailbox(alice, "Archive").uidvalidity
    write(alice, mailboxes.delete, "Archive")
    assert write(alice, mailboxes.create, "Archive").uidvalidity > before


def test_keywords_are_learned_by_the_mailbox_that_they_come_into(alice: Account) -> None:
    put(alice, letter(), marks=["$B"], into="Archive")
    put(alice, letter(), marks=["$A", "\\Seen"])
    write(alice, messages.copy, mailbox(alice).id, [1], mailbox(alice, "Archive").id)
    assert [marks for _, marks, _ in contents(alice, "Archive")] == [("$B",), ("\\Seen", "$A")]


def test_more_keywords_than_bits_are_refused_and_nothing_is_changed(alice: Account) -> None:
    put(alice, letter())
    many = [f"$k{number}" for number in range(flags.MAX_KEYWORDS + 1)]
    with pytest.raises(NotAllowed):
        write(alice, messages.store, mailbox(alice).id, [1], How.ADD, many)
    assert [marks for _, marks, _ in contents(alice)] == [()]


def test_renaming_takes_along_what_is_below(alice: Account) -> None:
    for name in ("A", "A/B", "A/B/C", "AB"):
        write(alice, mailboxes.create, name)
    write(alice, mailboxes.rename, "A", "D")
    names = [each.name for each in read(alice, mailboxes.all_of)]
    assert {"D", "D/B", "D/B/C", "AB"} <= set(names)
    with pytest.raises(NotFound):
        read(alice, mailboxes.get, "A/B")
    with pytest.raises(AlreadyExists):
        write(alice, mailboxes.rename, "AB", "D/B")


def test_inbox_renamed_leaves_an_empty_one(alice: Account) -> None:
    put(alice, letter())
    write(alice, inbox.empty_into, "2026")
    assert contents(alice) == []
    assert len(contents(alice, "2026")) == 1
    assert not list(faults(alice))


def test_what_would_be_too_much_is_refused_as_a_whole(alice: Account) -> None:
    write(alice, quota.set_limits, size=None, messages=2)
    put(alice, letter())
    with pytest.raises(OverQuota):
        put(alice, letter(), letter())
    write(alice, quota.set_limits, size=len(letter()), messages=None)
    with pytest.raises(OverQuota):
        write(alice, messages.copy, mailbox(alice).id, [1], mailbox(alice, "Archive").id)
    assert read(alice, quota.usage).messages == 1
    write(alice, messages.move, mailbox(alice).id, [1], mailbox(alice, "Archive").id)
    assert not list(faults(alice))


def test_rights_are_those_given_without_those_taken(alice: Account) -> None:
    number = mailbox(alice).id
    for identifier, rights in (("anyone", "lr"), ("bob", "lrswi"), ("-bob", "s")):
        write(alice, acl.change, number, identifier, "replace", rights)
    assert read(alice, acl.rights, number, acl.Who("bob")) == "lrwi"
    assert read(alice, acl.rights, number, acl.Who("carol")) == "lr"
    assert read(alice, acl.rights, number, acl.Who("root", admin=True)) == acl.RIGHTS
    assert read(alice, acl.identifiers) == {"anyone", "bob", "-bob"}


def test_a_quota_that_is_reached_and_left_again_is_hinted_at(tmp_path: Path) -> None:
    told: list[Hint] = []
    with closing(store_in(tmp_path, told)) as store:
        alice = store.opened("alice")
        write(alice, quota.set_limits, size=None, messages=2)
        put(alice, letter())
        put(alice, letter(), marks=["\\Deleted"])
        write(alice, messages.expunge_all, mailbox(alice).id)
        crossings = [hint.event for hint in told if hint.event in {Event.OverQuota, Event.UnderQuota}]
        assert crossings == [Event.OverQuota, Event.UnderQuota]


def test_hints_come_after_the_change_and_tell_its_mod_sequence(tmp_path: Path) -> None:
    told: list[Hint] = []
    with closing(store_in(tmp_path, told)) as store:
        alice = store.opened("alice")
        put(alice, letter())
        write(alice, messages.store, mailbox(alice).id, [1], How.ADD, ["\\Seen"])
        write(alice, messages.remove, mailbox(alice).id, [1])
        with pytest.raises(ZeroDivisionError):
            write(alice, lambda transaction: (mailboxes.create(transaction, "A"), 1 / 0))
        assert [hint.event for hint in told] == [
            Event.UpdateMsg,
            Event.MsgFlags,
            Event.ReadMsg,
            Event.ExpungeMsg,
        ]
        assert told[-1].modseq == mailbox(alice).modseq


def test_names_lead_nowhere_else(tmp_path: Path) -> None:
    with closing(store_in(tmp_path)) as store:
        for uid in ("../../etc", ".", "..", "a/b", "%2F", "ü@example.test", ".aside-1", "a\0b"):
            account = store.opened(uid)
            assert account.place.parents[1] == tmp_path / "partition" / "primary"
        assert {uid for uid, _ in store.layout.accounts()} >= {"../../etc", "a/b", "%2F", ".aside-1", "a\0b"}


def test_new_accounts_spread_over_partitions(tmp_path: Path) -> None:
    with closing(store_in(tmp_path, default="*")) as store:
        places = {store.opened(f"user{number}").place.parents[1].name for number in range(20)}
        assert places == {"primary", "second"}
        assert store.opened("user3").place == store.layout.find("user3")
