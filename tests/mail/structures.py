"""BODYSTRUCTUREs of the tests: written short, or made from a whole message as an IMAP server would."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import Message

from webmail.wire.imap_replies import Envelope, Part


def leaf(
    section: str,
    kind: str,
    *,
    disposition: str | None = None,
    cid: str = "",
    params: Mapping[str, bytes] | None = None,
    filename: str = "",
    size: int = 100,
) -> Part:
    """A part without parts, `kind` as `type/subtype`."""
    type_, _, subtype = kind.partition("/")
    return Part(
        section,
        type_,
        subtype,
        params=params or {},
        id=f"<{cid}>".encode() if cid else None,
        size=size,
        disposition=disposition,
        disposition_params={"filename": filename.encode()} if filename else {},
    )


def multi(section: str, subtype: str, *parts: Part, params: Mapping[str, bytes] | None = None) -> Part:
    return Part(section, "multipart", subtype, params=params or {}, parts=parts)


def named(params: Mapping[str, bytes], subject: bytes | None = None) -> Part:
    """A part whose disposition has these parameters; with a subject, a message."""
    envelope = Envelope(None, subject, (), (), (), (), (), (), None, None) if subject is not None else None
    kind = ("message", "rfc822") if envelope else ("application", "octet-stream")
    return Part("2", *kind, disposition="attachment", disposition_params=params, envelope=envelope)


def structure_of(source: bytes) -> Part:
    """The structure of a message, numbered as RFC 9051, 6.4.5.1 has it."""
    message = message_from_bytes(source, policy=policy.compat32)
    return _part(message, "" if message.is_multipart() else "1")


def _part(message: Message, section: str) -> Part:
    type_, subtype = message.get_content_maintype(), message.get_content_subtype()
    payload = message.get_payload()
    parts: tuple[Part, ...] = ()
    if type_ == "message" and isinstance(payload, list):
        inner = payload[0]
        assert isinstance(inner, Message)
        parts = (_part(inner, section if inner.is_multipart() else _below(section, 1)),)
    elif isinstance(payload, list):
        parts = tuple(
            _part(child, _below(section, n))
            for n, child in enumerate(payload, 1)
            if isinstance(child, Message)
        )
    cid = message.get("Content-ID")
    return Part(
        section,
        type_,
        subtype,
        params=_params(message, "content-type"),
        id=cid.encode() if cid else None,
        encoding=str(message.get("Content-Transfer-Encoding", "7bit")).lower(),
        size=0 if isinstance(payload, list) else len(str(payload)),
        disposition=message.get_content_disposition(),
        disposition_params=_params(message, "content-disposition"),
        parts=parts,
    )


def _below(section: str, number: int) -> str:
    return f"{section}.{number}" if section else str(number)


def _params(message: Message, field: str) -> dict[str, bytes]:
    """Names and values as sent, the segments of RFC 2231 apart."""
    raw = str(message.get(field, ""))
    pairs = (piece.partition("=") for piece in raw.split(";")[1:])
    return {name.strip().lower(): value.strip().strip('"').encode() for name, _, value in pairs}
