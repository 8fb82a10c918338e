"""The fields of a letter, and the message made of them."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.errors import BadRequest
from webmail.http.ceiling import Limits
from webmail.http.forms import Form, clean
from webmail.http.pages import composing, weighing
from webmail.http.pages.composing import Letter, Place, letter_of, message_id, one_line, recipients
from webmail.http.pages.drafting import note, typed
from webmail.http.pages.starting import from_link, mailto
from webmail.mail.compose import Attached, Outgoing
from webmail.mail.headers import Person, parse_recipients

COMPOSE = "0123456789abcdef" * 2
MIRA = Person("Mira", "mira@harbour.example")
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)


def posted(**fields: str) -> Form:
    return clean([("compose", COMPOSE), *fields.items()])


def outgoing(*files: Attached, text: str = "x") -> Outgoing:
    return Outgoing(
        sender=MIRA,
        to=(),
        cc=(),
        bcc=(),
        subject="",
        text=text,
        message_id=message_id(COMPOSE, MIRA.address),
        date=datetime(2026, 11, 23, tzinfo=UTC),
        attachments=files,
    )


@pytest.mark.parametrize("compose", ["", "0" * 31, "0" * 33, "g" * 32, "../" * 10, "A" * 32, "0" * 32 + "\n"])
def test_only_our_ids_name_a_letter(compose: str) -> None:
    with pytest.raises(BadRequest):
        letter_of(clean([("compose", compose)]))


def test_no_line_break_gets_into_a_header_field() -> None:
    evil = "a@b.example\r\nBcc: evil@example.test\n\n\u2028RCPT TO:<x>"
    letter = letter_of(posted(to=evil, cc=evil, bcc=evil, subject=evil, in_reply_to=evil, references=evil))
    for value in (letter.to, letter.cc, letter.bcc, letter.subject, *letter.in_reply_to, *letter.references):
        assert not set("\r\n\u2028\0") & set(value)
    assert recipients(letter)[1][0].field == "to"


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@given(st.text(max_size=200))
def test_place_reads_what_it_wrote_and_nothing_else_breaks(folder: str) -> None:
    place = Place(folder, 17, 4)
    assert Place.parse(str(place)) in {place, None}
    Place.parse(folder)


def test_place_keeps_every_sane_name() -> None:
    for name in ("INBOX", 'a.b/c "d\\e', "Ünï &- 📨", "1.2.3"):
        assert Place.parse(str(Place(name, 4294967295, 1))) == Place(name, 4294967295, 1)


@pytest.mark.parametrize(
    "text", ["", "1.2", "1.2.", "x.2.INBOX", "1.-2.INBOX", "99999999999.1.INBOX", "1.1.a\nb"]
)
def test_nonsense_is_no_place(text: str) -> None:
    assert Place.parse(text) is None


def test_hidden_fields_come_back_as_they_were() -> None:
    letter = Letter(
        COMPOSE,
        "replyall",
        in_reply_to=("<a@b>",),
        references=("<1@b>", "<a@b>"),
        origin=Place("Über/ordner", 3, 9),
        saved=Place("Drafts", 5, 1),
        replaces="<old@b>",
    )
    assert letter_of(clean(letter.hidden())) == letter


def test_the_message_id_is_the_letters_own() -> None:
    assert message_id(COMPOSE, "mira@harbour.example") == f"<{COMPOSE}@harbour.example>"
    assert message_id(COMPOSE, "mira@häfen.example") == f"<{COMPOSE}@xn--hfen-loa.example>"
    assert message_id(COMPOSE, "") == f"<{COMPOSE}@localhost>"


def test_each_field_that_cannot_be_read_is_named() -> None:
    _, complaints = recipients(Letter(COMPOSE, to="ana@x.example", cc="ana@", bcc="Bea bea@x.example"))
    assert [(each.field, dict(each.values)["address"]) for each in complaints] == [
        ("cc", "ana@"),
        ("bcc", "Bea bea@x.example"),
    ]


def test_somebody_must_get_it() -> None:
    assert [each.field for each in recipients(Letter(COMPOSE, to=" , "))[1]] == ["to"]
    assert recipients(Letter(COMPOSE, bcc="a@b.example"))[1] == []


def test_who_stands_twice_gets_it_once() -> None:
    whom, _ = recipients(Letter(COMPOSE, to="a@b.example, B <c@d.example>", cc="A <a@b.example>"))
    assert whom.addresses == ("a@b.example", "c@d.example")


def test_a_draft_keeps_what_is_half_typed() -> None:
    letter = Letter(COMPOSE, "reply", to='Ana <ana@x.example>, "Be', origin=Place("INBOX", 1, 2))
    assert [person.address for person in composing.legible(letter.to)] == ["ana@x.example"]
    field = note(letter)
    assert field.startswith(b"X-Webmail-Draft: how=reply&origin=1.2.INBOX&to=Ana")
    assert field.isascii()
    assert field.endswith(b"\r\n")
    assert b"to=" not in note(Letter(COMPOSE, to="Ana <ana@x.example>"))


@given(st.text(max_size=5000))
def test_a_drafts_note_is_a_header_field(text: str) -> None:
    field = note(Letter(COMPOSE, to=one_line(text)))
    lines = field.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 998 and line.isascii() and line.strip() for line in lines[:-1])
    assert all(line.startswith(b" ") for line in lines[1:-1])


def test_typed_people_can_be_read_again() -> None:
    people = (
        Person('O"Neil, B\\ob', "b@x.example"),
        Person("", "c@x.example"),
        Person("Jürgen", "j@x.example"),
    )
    assert parse_recipients(typed(people)) == people


@pytest.mark.parametrize(
    ("link", "fields"),
    [
        ("mailto:a@b.example", {"to": "a@b.example"}),
        (
            "mailto:a@b.example,c%40d.example?subject=x%20%26+y&body=l1%0D%0Al2&CC=e@f.example",
            {"to": "a@b.example,c@d.example", "subject": "x &+y", "body": "l1\r\nl2", "cc": "e@f.example"},
        ),
        ("mailto:?to=a@b.example&to=c@d.example", {"to": "a@b.example, c@d.example"}),
        ("mailto:a@b.example?attach=/etc/passwd&from=x@y.example&in-reply-to=%3Cx%3E", {"to": "a@b.example"}),
        ("https://elsewhere.example/", {}),
        ("mailto://[", {}),
    ],
)
def test_mailto_links(link: str, fields: dict[str, str]) -> None:
    assert {name: value for name, value in mailto(link).items() if value} == fields


def test_a_link_of_ours_fills_the_fields() -> None:
    letter = from_link(COMPOSE, {"to": "a@b.example\r\nBcc: x", "subject": "s\r\nt", "body": "one\r\ntwo\0"})
    assert (letter.to, letter.subject, letter.text) == ("a@b.example, Bcc: x", "s t", "one\ntwo")


@pytest.mark.parametrize("type_", ["image/png", "message/rfc822", "message/partial"])
@given(limit=st.integers(600, 60_000), name=NAMES, already=st.integers(0, 5000))
def test_room_is_exact_to_the_octet(type_: str, limit: int, name: str, already: int) -> None:
    message = outgoing(Attached("first.bin", "application/octet-stream", already, BytesIO))
    limits = Limits(limit, "ours", 10**9)
    fits = weighing.Scale.of(message).room(name, type_, limits)

    def with_file(octets: int) -> int:
        files = (*message.attachments, Attached(name, type_, octets, BytesIO))
        return weighing.weight(outgoing(*files))

    if fits < 0:
        assert with_file(0) > limit
    else:
        assert with_file(fits) <= limit < with_file(fits + 1)


def test_one_file_is_no_bigger_than_an_upload() -> None:
    assert weighing.Scale.of(outgoing()).room("a", "image/png", Limits(10**6, "ours", 1000)) == 1000


def test_sizes_that_look_alike_are_told_to_the_octet() -> None:
    said = weighing.compared(5_242_881, 5_242_880, str)
    assert said == {"size": "5,242,881 bytes", "limit": "5,242,880 bytes"}
    assert weighing.compared(9_000_000, 5_242_880, str) == {"size": "9.0 MB", "limit": "5.2 MB"}
