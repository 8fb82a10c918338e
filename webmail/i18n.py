"""Texts for people: marked where they are written, translated where they are shown."""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path

DOMAIN = "webmail"
CATALOGUES = Path(__file__).parent / "locale"


def N_(text: str) -> str:  # noqa: N802  gettext's own name for "mark, translate later"
    """Mark a text for the catalogues; it is translated where it is shown."""
    return text


def NN_(one: str, several: str) -> tuple[str, str]:  # noqa: N802  the same for ngettext
    """Mark a text with its plural; which of them it is depends on the number and the language."""
    return one, several


@lru_cache(maxsize=64)
def translations(*languages: str) -> gettext.NullTranslations:
    """The catalogue of the first of these languages that we have; English otherwise."""
    names = [language.replace("-", "_") for language in languages]
    return gettext.translation(DOMAIN, CATALOGUES, names, fallback=True)


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The languages that there are texts in; English is what the texts are written in."""
    found = (path.parent.parent.name for path in CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return tuple(sorted({"en", *(name.replace("_", "-") for name in found)}))
