"""What an IMAP server says: each reply as a function that gives its octets with CRLF (RFC 9051, 7)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence

from webmail.wire.imap_print import astring, flag_list, mailbox, nstring, nstring8, string
from webmail.wire.imap_replies import Namespace, Namespaces
from webmail.wire.imap_sets import Page, SequenceSet, compact

Counts = Mapping[str, int | str | None]  # by STATUS item; MAILBOXID is text, APPENDLIMIT None for no limit

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


# RFC 9051, 7.1
def status_reply(status: str, text: str, code: bytes = b"", tag: str = "*") -> bytes:
    """OK, NO, BAD, BYE or PREAUTH; `code` as imap_answer_codes makes it, without brackets."""
    inside = b"[" + code + b"] " if code else b""
    return b"%s %s %s%s\r\n" % (tag.encode("ascii"), status.encode("ascii"), inside, _readable(text))


def ok(text: str, code: bytes = b"", tag: str = "*") -> bytes:
    return status_reply("OK", text, code, tag)


def no(text: str, code: bytes = b"", tag: str = "*") -> bytes:
    return status_reply("NO", text, code, tag)


def bad(text: str, code: bytes = b"", tag: str = "*") -> bytes:
    return status_reply("BAD", text, code, tag)


def bye(text: str, code: bytes = b"") -> bytes:
    return status_reply("BYE", text, code)


# RFC 9051, 7.6
def continuation(text: str) -> bytes:
    return b"+ " + _readable(text) + b"\r\n"


# RFC 9051, 6.2.2
def challenge(octets: bytes = b"") -> bytes:
    return b"+ " + b64encode(octets) + b"\r\n"


# RFC 9051, 7.2.2
def capability(names: Iterable[str]) -> bytes:
    return b"* CAPABILITY " + " ".join(names).encode("ascii") + b"\r\n"


# RFC 9051, 7.2.1
def enabled(names: Iterable[str]) -> bytes:
    return b" ".join([b"* ENABLED", *[name.encode("ascii") for name in names]]) + b"\r\n"


# RFC 2971, 3.2
def id_(fields: Mapping[str, str | None]) -> bytes:
    pairs = [b"%s %s" % (string(name), nstring(value)) for name, value in fields.items()]
    return b"* ID " + (b"(" + b" ".join(pairs) + b")" if pairs else b"NIL") + b"\r\n"


# RFC 5255, 3.3
def language(tags: Iterable[str]) -> bytes:
    return b"* LANGUAGE (" + b" ".join([astring(tag) for tag in tags]) + b")\r\n"


# Not in an RFC: addresses of pages, as Sun's server tells them
def xserverinfo(addresses: Mapping[str, str | None]) -> bytes:
    words = [b"%s %s" % (name.encode("ascii"), nstring(address)) for name, address in addresses.items()]
    return b" ".join([b"* XSERVERINFO", *words]) + b"\r\n"


# RFC 9051, 7.4.1
def exists(count: int) -> bytes:
    return b"* %d EXISTS\r\n" % count


# RFC 3501, 7.3.2
def recent(count: int) -> bytes:
    return b"* %d RECENT\r\n" % count


# RFC 9051, 7.5.1
def expunge(seq: int) -> bytes:
    return b"* %d EXPUNGE\r\n" % seq


# RFC 7162, 3.2.10
def vanished(uids: SequenceSet, *, earlier: bool = False) -> bytes:
    """At least one UID; `earlier`: gone before the client has opened the mailbox, or asked."""
    return b"* VANISHED %s%s\r\n" % (b"(EARLIER) " if earlier else b"", str(uids).encode("ascii"))


# RFC 9051, 7.3.5
def flags(names: Iterable[str]) -> bytes:
    return b"* FLAGS " + flag_list(names) + b"\r\n"


# RFC 9051, 7.3.1; CHILDINFO is RFC 5258, 4; OLDNAME is RFC 9051, 6.3.9.7
def list_(
    name: str,
    delimiter: str | None,
    attributes: Iterable[str] = (),
    *,
    child_info: Iterable[str] = (),
    old_name: str | None = None,
    utf8: bool = False,
) -> bytes:
    extended = []
    if child := [string(option) for option in child_info]:
        extended.append(b'"CHILDINFO" (' + b" ".join(child) + b")")
    if old_name is not None:
        extended.append(b'"OLDNAME" (' + mailbox(old_name, utf8=utf8) + b")")
    tail = b" (" + b" ".join(extended) + b")" if extended else b""
    return b"* LIST " + _listed(name, delimiter, attributes, utf8=utf8) + tail + b"\r\n"


# RFC 3501, 7.2.3
def lsub(name: str, delimiter: str | None, attributes: Iterable[str] = (), *, utf8: bool = False) -> bytes:
    return b"* LSUB " + _listed(name, delimiter, attributes, utf8=utf8) + b"\r\n"


def _listed(name: str, delimiter: str | None, attributes: Iterable[str], *, utf8: bool) -> bytes:
    shown = mailbox(name, utf8=utf8) if name else b'""'
    return b"%s %s %s" % (flag_list(attributes), nstring(delimiter), shown)


# RFC 9051, 7.3.4
def status(name: str, counts: Counts, *, utf8: bool = False) -> bytes:
    items = b" ".join([b"%s %s" % (item.encode("ascii"), _count(count)) for item, count in counts.items()])
    return b"* STATUS %s (%s)\r\n" % (mailbox(name, utf8=utf8), items)


def _count(count: int | str | None) -> bytes:
    if count is None:
        return b"NIL"
    return b"%d" % count if isinstance(count, int) else b"(" + count.encode("ascii") + b")"


# RFC 9051, 7.3.3
def namespace(namespaces: Namespaces, *, utf8: bool = False) -> bytes:
    kinds = (namespaces.personal, namespaces.others, namespaces.shared)
    return b"* NAMESPACE " + b" ".join([_namespaces(kind, utf8=utf8) for kind in kinds]) + b"\r\n"


def _namespaces(kind: Iterable[Namespace], *, utf8: bool) -> bytes:
    shown = [
        b"(%s %s)" % (mailbox(each.prefix, utf8=utf8) if each.prefix else b'""', nstring(each.delimiter))
        for each in kind
    ]
    return b"(" + b"".join(shown) + b")" if shown else b"NIL"


# RFC 3501, 7.2.5; MODSEQ is RFC 7162, 3.1.5
def search(numbers: Iterable[int], modseq: int | None = None) -> bytes:
    return _numbers("SEARCH", numbers, modseq)


# RFC 5256, 4; MODSEQ is RFC 7162, 3.1.6
def sort(numbers: Iterable[int], modseq: int | None = None) -> bytes:
    return _numbers("SORT", numbers, modseq)


def _numbers(name: str, numbers: Iterable[int], modseq: int | None) -> bytes:
    tail = f" (MODSEQ {modseq})" if modseq is not None else ""
    return (" ".join([f"* {name}", *map(str, numbers)]) + tail + "\r\n").encode("ascii")


# RFC 5256, 4
def thread(threads: bytes) -> bytes:
    """`threads` as they are written there: `(2)(3 6 (4 23))`."""
    return b"* THREAD " + threads + b"\r\n" if threads else b"* THREAD\r\n"


# RFC 9051, 7.3.4; RFC 4731, 3.1; PARTIAL is RFC 9394, 3.1; in the order of a SORT RFC 5267, 3.2
def esearch(
    tag: str,
    *,
    uid: bool,
    least: int | None = None,
    most: int | None = None,
    all_: Sequence[int] = (),
    count: int | None = None,
    page: tuple[Page, Sequence[int]] | None = None,
    modseq: int | None = None,
) -> bytes:
    """Nothing is said of what is None or empty, but of an empty page that it is NIL."""
    words = [b"* ESEARCH (TAG %s)" % string(tag), *([b"UID"] if uid else [])]
    words += [b"%s %d" % (name, n) for name, n in ((b"MIN", least), (b"MAX", most)) if n is not None]
    if all_:
        words.append(b"ALL " + compact(all_))
    if page is not None:
        words.append(b"PARTIAL (%s %s)" % (str(page[0]).encode("ascii"), compact(page[1]) or b"NIL"))
    words += [b"%s %d" % (name, n) for name, n in ((b"COUNT", count), (b"MODSEQ", modseq)) if n is not None]
    return b" ".join(words) + b"\r\n"


# RFC 9208, 4.2.1
def quota(root: str, resources: Mapping[str, tuple[int, int]]) -> bytes:
    """Usage and limit by resource; STORAGE in units of 1024 octets."""
    triples = [b"%s %d %d" % (name.encode("ascii"), *pair) for name, pair in resources.items()]
    return b"* QUOTA %s (%s)\r\n" % (string(root), b" ".join(triples))


# RFC 9208, 4.2.2
def quotaroot(name: str, roots: Iterable[str], *, utf8: bool = False) -> bytes:
    return b" ".join([b"* QUOTAROOT", mailbox(name, utf8=utf8), *map(string, roots)]) + b"\r\n"


# RFC 4314, 3.6
def acl(name: str, entries: Iterable[tuple[str, str]], *, utf8: bool = False) -> bytes:
    """Identifiers and their rights."""
    words = [astring(word, utf8=utf8) for entry in entries for word in entry]
    return b" ".join([b"* ACL", mailbox(name, utf8=utf8), *words]) + b"\r\n"


# RFC 4314, 3.7
def listrights(
    name: str, identifier: str, required: str, optional: Iterable[str], *, utf8: bool = False
) -> bytes:
    words = [astring(word, utf8=utf8) for word in (identifier, required, *optional)]
    return b" ".join([b"* LISTRIGHTS", mailbox(name, utf8=utf8), *words]) + b"\r\n"


# RFC 4314, 3.8
def myrights(name: str, rights: str, *, utf8: bool = False) -> bytes:
    return b"* MYRIGHTS %s %s\r\n" % (mailbox(name, utf8=utf8), astring(rights))


# RFC 5464, 4.4.1
def metadata(name: str, values: Iterable[tuple[str, bytes | None]], *, utf8: bool = False) -> bytes:
    """Entries, at least one, with their values; the empty name is the server."""
    shown = [b"%s %s" % (astring(entry), nstring8(value)) for entry, value in values]
    return b"* METADATA %s (%s)\r\n" % (_annotated(name, utf8=utf8), b" ".join(shown))


# RFC 5464, 4.4.2
def metadata_changed(name: str, entries: Iterable[str], *, utf8: bool = False) -> bytes:
    return b" ".join([b"* METADATA", _annotated(name, utf8=utf8), *map(astring, entries)]) + b"\r\n"


def _annotated(name: str, *, utf8: bool) -> bytes:
    return mailbox(name, utf8=utf8) if name else b'""'


def _readable(text: str) -> bytes:
    """One line for people, never empty, which no client takes for a response code or for a literal."""
    line = _CONTROL.sub(" ", text).strip() or "."
    line = f" {line}" if line.startswith("[") else line
    return (f"{line}." if line.endswith("}") else line).encode("utf-8")
