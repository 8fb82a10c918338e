"""What is declared once is answered everywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from webmail import errors
from webmail.http import answers
from webmail.imap import answers as imap_answers

ROOT = Path(__file__).parents[1]


def every_error(root: type[errors.MailError] = errors.MailError) -> Iterator[type[errors.MailError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from every_error(kind)


def test_every_error_has_an_answer_of_its_own_for_browsers() -> None:
    unexpected = [kind.__name__ for kind in every_error() if answers.row(kind.__new__(kind))[1] == "error"]
    assert not unexpected


def test_every_error_has_a_response_code_of_its_own_for_imap() -> None:
    assert imap_answers.CODES.keys() == set(errors.MailError.__subclasses__())
    assert len(set(imap_answers.CODES.values())) == len(imap_answers.CODES)
    for kind in every_error():
        assert imap_answers.code_of(kind.__new__(kind))


def test_every_module_opens_with_a_sentence_that_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "webmail").rglob("*.py"))
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent
