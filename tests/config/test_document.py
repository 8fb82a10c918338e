"""docs/parameters.md says what the declarations say."""

from __future__ import annotations

from webmail.config import document
from webmail.config.configuration import REGISTRY


def test_the_page_is_fresh() -> None:
    """If this fails: python -m webmail.config.document"""
    assert document.PAGE.read_text(encoding="utf-8") == document.page()


def test_every_parameter_is_on_the_page() -> None:
    page = document.page()
    for it in [*REGISTRY, *REGISTRY.families()]:
        assert f"`{it.param.name.replace('*', '<name>')}`" in page
