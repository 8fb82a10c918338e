"""Response codes, whose arguments a session steers by."""

from __future__ import annotations

import pytest

from tests.wire.thrice import read
from webmail.wire.imap_replies import Code, Condition, Tagged

CODES: list[tuple[bytes, Code | None, str]] = [
    (b"[ALERT] System shutdown in 10 minutes", Code("ALERT"), "System shutdown in 10 minutes"),
    (b"[CAPABILITY IMAP4rev1 ID] hi", Code("CAPABILITY", ("IMAP4rev1", "ID")), "hi"),
    (b"[UIDVALIDITY 3857529045] x", Code("UIDVALIDITY", (3857529045,)), "x"),
    (b"[UIDNEXT 4392]", Code("UIDNEXT", (4392,)), ""),
    (b"[HIGHESTMODSEQ 715194045007] Ok", Code("HIGHESTMODSEQ", (715194045007,)), "Ok"),
    (b"[NOMODSEQ] Sorry", Code("NOMODSEQ"), "Sorry"),
    (b"[PERMANENTFLAGS (\\Deleted \\*)] Limited", Code("PERMANENTFLAGS", (("\\Deleted", "\\*"),)), "Limited"),
    (b"[PERMANENTFLAGS ()] none", Code("PERMANENTFLAGS", ((),)), "none"),
    (b"[APPENDUID 38505 3955] done", Code("APPENDUID", (38505, "3955")), "done"),
    (b"[COPYUID 38505 304,319:320 3956:3958] x", Code("COPYUID", (38505, "304,319:320", "3956:3958")), "x"),
    (b"[MODIFIED 7,9] x", Code("MODIFIED", ("7,9",)), "x"),
    (b"[READ-WRITE] SELECT completed", Code("READ-WRITE"), "SELECT completed"),
    (b"[trycreate] no such mailbox", Code("TRYCREATE"), "no such mailbox"),
    (b"[OVERQUOTA] Quota exceeded", Code("OVERQUOTA"), "Quota exceeded"),
    (b'[BADCHARSET ("utf-8" us-ascii)] x', Code("BADCHARSET", (("utf-8", "us-ascii"),)), "x"),
    (b'[BADCHARSET ("a]b")] x', Code("BADCHARSET", (("a]b",),)), "x"),
    (b'[X-NEW (unbalanced "text] x', Code("X-NEW", ('(unbalanced "text',)), "x"),
    (b"[REFERRAL imap://u@h/ {3}] x", Code("REFERRAL", ("imap://u@h/ {3}",)), "x"),
    (b"[UIDNEXT (] x", Code("UIDNEXT", ("(",)), "x"),
    (b"[never closed", None, "[never closed"),
    (b"[] empty", None, "[] empty"),
    (b"no code [ALERT]", None, "no code [ALERT]"),
]


@pytest.mark.parametrize(("said", "code", "words"), CODES)
def test_a_code_and_the_text_behind_it(said: bytes, code: Code | None, words: str) -> None:
    assert read(b"* OK " + said) == Condition("OK", code, words)
    assert read(b"A1 NO " + said) == Tagged("A1", "NO", code, words)
