"""Search keys: each as it stands on the wire, and nothing that a person types becomes a key."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.said import read_back
from webmail.wire.imap_line import Line
from webmail.wire.imap_search import (
    MAX_KEYS,
    All,
    And,
    Bcc,
    Before,
    Body,
    Cc,
    Criteria,
    Flagged,
    From,
    Header,
    Key,
    Larger,
    Modseq,
    Not,
    On,
    Or,
    SentBefore,
    SentSince,
    Since,
    Smaller,
    Subject,
    Text,
    To,
    Uid,
)
from webmail.wire.imap_sets import UidSet
from webmail.wire.imap_tokens import octets
from webmail.wire.imap_values import LiteralStream

DAY = date(2026, 2, 1)

KEYS: list[tuple[Key, str]] = [
    (All(), "ALL"),
    (And(), "ALL"),
    (And(From("a")), "FROM a"),
    (And(From("a"), To("b")), "FROM a TO b"),
    (Or(), "NOT ALL"),
    (Or(From("a")), "FROM a"),
    (Or(From("a"), To("b")), "OR FROM a TO b"),
    (Or(From("a"), To("b"), Cc("c")), "OR FROM a OR TO b CC c"),
    (Or(From("a"), To("b"), Cc("c"), Bcc("d")), "OR OR FROM a TO b OR CC c BCC d"),
    (Or(And(From("a"), To("b")), Subject("c d")), 'OR (FROM a TO b) SUBJECT "c d"'),
    (Not(And(From("a"), To("b"))), "NOT (FROM a TO b)"),
    (Not(Or(From("a"), To("b"))), "NOT OR FROM a TO b"),
    (Not(Not(All())), "NOT NOT ALL"),
    (Text(""), 'TEXT ""'),
    (Body("NIL"), 'BODY "NIL"'),
    (Body("x) DELETED (ALL"), 'BODY "x) DELETED (ALL"'),
    (Header("Message-ID", "<a@b>"), 'HEADER Message-ID "<a@b>"'),
    (Header("List-Id", ""), 'HEADER List-Id ""'),
    (Since(DAY), "SINCE 1-Feb-2026"),
    (Before(date(2026, 12, 31)), "BEFORE 31-Dec-2026"),
    (On(DAY), "ON 1-Feb-2026"),
    (SentSince(DAY), "SENTSINCE 1-Feb-2026"),
    (SentBefore(DAY), "SENTBEFORE 1-Feb-2026"),
    (Larger(5000), "LARGER 5000"),
    (Smaller(0), "SMALLER 0"),
    (Flagged("\\Seen"), "SEEN"),
    (Flagged("\\flagged"), "FLAGGED"),
    (Not(Flagged("\\Deleted")), "NOT DELETED"),
    (Flagged("$Forwarded"), "KEYWORD $Forwarded"),
    (Uid(UidSet.of([1, 2, 3, 9])), "UID 1:3,9"),
    (Modseq(620162338), "MODSEQ 620162338"),
]


def written(*keys: Key, utf8: bool = False) -> str:
    line = Line("plus", utf8=utf8)
    Criteria(keys).write(line)
    return b"".join(piece for piece in line.finish() if not isinstance(piece, LiteralStream)).decode()[:-2]


@pytest.mark.parametrize(("key", "said"), KEYS)
def test_keys(key: Key, said: str) -> None:
    assert written(key) in {said, f"({said})"}


def test_several_keys_need_no_parentheses() -> None:
    assert written(From("a"), Flagged("\\Seen")) == "FROM a SEEN"


def test_utf8_is_named_where_a_key_needs_it_however_deep() -> None:
    deep = Or(Not(And(From("a"), Subject("ä"))), All())
    assert written(deep) == "CHARSET UTF-8 OR NOT (FROM a SUBJECT {2+}\r\nä) ALL"
    assert written(deep, utf8=True) == 'OR NOT (FROM a SUBJECT "ä") ALL'


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=5
    )
)
def test_what_a_person_types_is_one_string(texts: list[str]) -> None:
    found = read_back(Criteria(tuple(map(Subject, texts))), utf8=True)
    assert [octets(value) for value in found[1::2]] == [text.encode() for text in texts]
    assert set(map(str, found[::2])) == {"SUBJECT"}


@pytest.mark.parametrize(
    "key",
    [
        Flagged("\\Recent"),
        Flagged("\\*"),
        Flagged("a b"),
        Flagged(""),
        Header("", "x"),
        Header("To:", "x"),
        Header("To\r\n", "x"),
        Header("T o", "x"),
        Larger(-1),
        Uid(UidSet.of([])),
        Text("\0"),
    ],
)
def test_what_cannot_be_asked(key: Key) -> None:
    with pytest.raises(ValueError, match=r"."):
        written(key)


def test_too_many_keys() -> None:
    with pytest.raises(ValueError, match="many"):
        Or(*[All()] * (MAX_KEYS + 1))


def test_a_wide_or_is_not_deep() -> None:
    said = written(Or(*(Uid(UidSet.of([uid])) for uid in range(1, MAX_KEYS + 1))))
    assert "OR OR OR OR OR OR OR OR OR OR OR " not in said
