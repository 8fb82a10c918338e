"""Programs of SEARCH: what a client writes is read back as the same keys, and none costs more than its length."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timing import quickest
from tests.wire.asked import ask, pieces
from webmail.wire import ProtocolError
from webmail.wire import imap_search as keys
from webmail.wire import imap_search_extensions as more
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_ask_keys import BadCharset
from webmail.wire.imap_ask_search import parse_search
from webmail.wire.imap_line import Line
from webmail.wire.imap_search import MAX_KEYS, All, And, Criteria, Flagged, From, Header, Key, Modseq, Not, Or
from webmail.wire.imap_sets import MAX_NUMBER, STAR, SequenceSet

DAY = date(2026, 2, 1)
SEEN = Flagged("\\Seen")

SAID: list[tuple[bytes, Key]] = [
    (b"all", All()),
    (b"NEW", And(keys.Recent(), Not(SEEN))),
    (b"OLD", Not(keys.Recent())),
    (b"RECENT", keys.Recent()),
    (b"UNSEEN UNANSWERED", And(Not(SEEN), Not(Flagged("\\Answered")))),
    (b"UNDELETED", Not(Flagged("\\Deleted"))),
    (b"UNDRAFT", Not(Flagged("\\Draft"))),
    (b"UNFLAGGED", Not(Flagged("\\Flagged"))),
    (b"DRAFT", Flagged("\\Draft")),
    (b"KEYWORD $x", Flagged("$x")),
    (b"UNKEYWORD $x", Not(Flagged("$x"))),
    (b"1:3,7", keys.Seq(SequenceSet.of([1, 2, 3, 7]))),
    (b"UID 5:*", keys.Uid(SequenceSet.since(5))),
    (b"$", more.Result()),
    (b"UID $", more.Result()),
    (b"BEFORE 1-Feb-2026", keys.Before(DAY)),
    (b'SENTON "1-Feb-2026"', keys.SentOn(DAY)),
    (b"SAVEDBEFORE 1-Feb-2026", more.SavedBefore(DAY)),
    (b"SAVEDON 1-Feb-2026", more.SavedOn(DAY)),
    (b"SAVEDSINCE 1-Feb-2026", more.SavedSince(DAY)),
    (b"SAVEDATESUPPORTED", more.SaveDateSupported()),
    (b"LARGER 0 SMALLER 9", And(keys.Larger(0), keys.Smaller(9))),
    (b"YOUNGER 60", more.Younger(60)),
    (b"OLDER 60", more.Older(60)),
    (b"EMAILID M6d99-_", more.EmailId("M6d99-_")),
    (b"THREADID T1", more.ThreadId("T1")),
    (b"MODSEQ 0", Modseq(0)),
    (b'MODSEQ "/flags/\\\\draft" all 620', Modseq(620, "/flags/\\draft", "all")),
    (b'MODSEQ "/flags/$x" PRIV 620', Modseq(620, "/flags/$x", "priv")),
    (b'HEADER X-Y ""', Header("X-Y", "")),
    (b'TEXT "\xc3\xa4"', keys.Text("ä")),
    (b"BODY {2+}\r\n\xc3\xa4", keys.Body("ä")),
    (b"(ALL)", All()),
    (b"((ALL))", All()),
    (b"(FROM a (TO b CC c)) BCC d", And(From("a"), keys.To("b"), keys.Cc("c"), keys.Bcc("d"))),
    (b"OR FROM a OR FROM b FROM c", Or(From("a"), From("b"), From("c"))),
    (b"OR OR FROM a FROM b FROM c", Or(From("a"), From("b"), From("c"))),
    (b"OR (FROM a TO b) NOT FROM c", Or(And(From("a"), keys.To("b")), Not(From("c")))),
    (b"NOT NOT ALL", Not(Not(All()))),
    (b"NOT (FROM a TO b)", Not(And(From("a"), keys.To("b")))),
    (b"CHARSET UTF-8 ALL", All()),
]

REFUSED = [
    b"",
    b"FOO",
    b"FROM",
    b"FROM ",
    b"FROM (a)",
    b"OR ALL",
    b"OR ALL ",
    b"OR",
    b"NOT",
    b"NOT ",
    b"()",
    b"(ALL",
    b"ALL)",
    b"ALL ",
    b"ALL  ALL",
    b"(ALL )",
    b"KEYWORD \\Seen",
    b"KEYWORD",
    b"HEADER a",
    b'HEADER "" x',
    b"HEADER a: x",
    b"LARGER -1",
    b"YOUNGER 0",
    b"SINCE 31-Feb-2026",
    b"SINCE yesterday",
    b"UID 0",
    b"0",
    b"1,",
    b"EMAILID a.b",
    b'MODSEQ "/other/x" all 1',
    b'MODSEQ "/flags/x" some 1',
    b"TEXT {1+}\r\n\xff",
    b"TEXT {1+}\r\n\0",
    b"CHARSET UTF-8",
]

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
ATOMS = st.text("abcXYZ09_-", min_size=1, max_size=20)
DAYS = st.dates(date(1, 1, 1))
SETS = st.lists(
    st.tuples(st.integers(1, MAX_NUMBER), st.integers(1, MAX_NUMBER) | st.just(STAR)).map(sorted),
    min_size=1,
    max_size=5,
).map(lambda ranges: SequenceSet.joined((first, last) for first, last in ranges))
NUMBERS = st.integers(0, 2**63 - 1)
SYSTEM = st.sampled_from(["\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen"])
LEAVES: st.SearchStrategy[Key] = st.one_of(
    st.sampled_from([All(), keys.Recent(), more.Result(), more.SaveDateSupported()]),
    *(TEXTS.map(kind) for kind in (keys.Bcc, keys.Body, keys.Cc, From, keys.Subject, keys.Text, keys.To)),
    *(
        DAYS.map(kind)
        for kind in (
            keys.Before,
            keys.On,
            keys.Since,
            keys.SentBefore,
            keys.SentOn,
            keys.SentSince,
            more.SavedBefore,
            more.SavedOn,
            more.SavedSince,
        )
    ),
    *(NUMBERS.map(kind) for kind in (keys.Larger, keys.Smaller, Modseq)),
    *(st.integers(1, MAX_NUMBER).map(kind) for kind in (more.Younger, more.Older)),
    *(ATOMS.map(kind) for kind in (more.EmailId, more.ThreadId)),
    *(SETS.map(kind) for kind in (keys.Seq, keys.Uid)),
    (SYSTEM | ATOMS).map(Flagged),
    st.builds(Header, st.text("!-9;~a(", min_size=1, max_size=9), TEXTS),
    st.builds(
        Modseq, NUMBERS, ATOMS.map(lambda flag: f"/flags/\\{flag}"), st.sampled_from(["priv", "shared", "all"])
    ),
)  # fmt: skip


def flattened(kind: type[And | Or], several: list[Key]) -> Key:
    return kind(*(flat for key in several for flat in (key.keys if isinstance(key, kind) else (key,))))


KEYS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=5).map(partial(flattened, And)),
        st.lists(inner, min_size=2, max_size=5).map(partial(flattened, Or)),
    ),
)  # fmt: skip


def read_back(key: Key, *, utf8: bool = False) -> Key:
    line = Line("plus", utf8=utf8)
    line.text(b" ")
    Criteria((key,)).write(line)
    raw = b"".join(piece for piece in line.finish() if isinstance(piece, bytes))
    return parse_search(Arguments(pieces(raw), utf8=utf8)).key


@given(KEYS, st.booleans())
def test_keys_that_are_printed_are_read_back(key: Key, utf8: bool) -> None:
    assert read_back(key, utf8=utf8) == key


@pytest.mark.parametrize(("said", "key"), SAID, ids=lambda value: str(value)[:40])
def test_keys(said: bytes, key: Key) -> None:
    assert ask(b"SEARCH " + said).key == key
    if not said.startswith(b"CHARSET"):
        assert ask(b"SEARCH (" + said + b")").key == key
        assert ask(b"UID SORT (DATE) utf-8 NOT (" + said + b")").key == Not(key)


@pytest.mark.parametrize("said", REFUSED, ids=str)
def test_what_is_no_program(said: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        ask(b"SEARCH " + said)
    assert not isinstance(refused.value, BadCharset)


@pytest.mark.parametrize(
    "said", [b"SEARCH CHARSET KOI8-R ALL", b'SORT (DATE) "" ALL', b"THREAD REFERENCES {1+}\r\nx ALL"]
)
def test_a_charset_that_is_not_known_is_told_apart(said: bytes) -> None:
    with pytest.raises(BadCharset):
        ask(said)


@pytest.mark.parametrize(
    "program",
    [
        b"OR FROM a " * (MAX_KEYS // 2 - 1) + b"ALL",
        b"OR " * 499 + b"ALL " * 499 + b"ALL",
        b"(" * (MAX_KEYS - 1) + b"ALL" + b")" * (MAX_KEYS - 1),
        b"ALL " * (MAX_KEYS - 1) + b"ALL",
    ],
)
def test_long_programs_are_read_at_once_and_are_flat(program: bytes) -> None:
    key = ask(b"SEARCH " + program).key
    assert quickest(lambda: ask(b"SEARCH " + program)) < 0.5
    assert len(repr(key)) > 3  # which goes down as deep as the key is


@pytest.mark.parametrize(
    "program",
    [
        b"NOT " * 52 + b"ALL",
        b"NOT (FROM a " * 30 + b"ALL" + b")" * 30,
        b"ALL " * MAX_KEYS + b"ALL",
        b"NOT " * 15000 + b"ALL",
        b"(" * 60000,
        b"OR " * 20000,
        b"OR (" * 15000,
    ],
    ids=["not", "and in not", "many", "very many nots", "parentheses", "ors", "both"],
)
def test_programs_too_long_or_too_deep_are_refused_at_once(program: bytes) -> None:
    def refused() -> None:
        with pytest.raises(ProtocolError):
            ask(b"SEARCH " + program)

    assert quickest(refused) < 0.5
