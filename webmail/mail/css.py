"""Style attributes of messages: only properties and values of a small grammar survive (CSS Syntax 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import tinycss2
from tinycss2.ast import (
    Declaration,
    DimensionToken,
    FunctionBlock,
    HashToken,
    IdentToken,
    LiteralToken,
    Node,
    NumberToken,
    PercentageToken,
    StringToken,
    URLToken,
    WhitespaceToken,
)
from tinycss2.color4 import parse_color

MAX_STYLE = 4_096  # characters of one attribute; a longer one is dropped
MAX_TOKENS = 64  # of one value
MAX_NUMBER = 10_000  # in any unit: nothing on a page is larger


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SIDES = ("top", "right", "bottom", "left")
_LENGTHS = _words(
    "margin padding width min-width max-width height min-height max-height line-height border-spacing"
    " letter-spacing word-spacing text-indent vertical-align border-radius border-top-left-radius"
    " border-top-right-radius border-bottom-left-radius border-bottom-right-radius opacity font-size"
    " font-weight tab-size"
) | {f"{edge}-{side}" for edge in ("margin", "padding") for side in _SIDES}
_COLOURS = _words("color background-color border-color text-decoration-color") | {
    f"border-{side}-color" for side in _SIDES
}
_MIXED = _words("border border-width border-style text-decoration font background list-style font-family") | {
    f"border-{side}{what}" for side in _SIDES for what in ("", "-width", "-style")
}
_FREE = _LENGTHS | _COLOURS | _MIXED  # each takes any of these kinds of value
_FREE_WORDS = _words(  # besides the names of colours
    "auto none normal inherit initial windowtext thin medium thick solid dotted dashed double groove"
    " ridge inset outset hidden bold bolder lighter italic oblique small-caps left right center top"
    " bottom middle baseline sub super text-top text-bottom xx-small x-small small large x-large xx-"
    " large larger smaller underline overline line-through wavy repeat repeat-x repeat-y no-repeat"
    " scroll cover contain disc circle square decimal lower-roman upper-roman lower-alpha upper-alpha"
    " inside outside min-content max-content fit-content"
)
_NEGATIVE = _words("text-indent letter-spacing word-spacing vertical-align")
_KEYWORDS = {
    "border-collapse": "collapse separate",
    "caption-side": "top bottom",
    "clear": "left right both none",
    "direction": "ltr rtl",
    "display": "block inline inline-block inline-table list-item none table table-caption table-cell"
    " table-column table-column-group table-footer-group table-header-group table-row table-row-group",
    "empty-cells": "show hide",
    "float": "left right none",
    "font-style": "normal italic oblique",
    "font-variant": "normal small-caps",
    "hyphens": "none manual auto",
    "list-style-position": "inside outside",
    "list-style-type": "none disc circle square decimal decimal-leading-zero lower-roman upper-roman"
    " lower-alpha upper-alpha lower-latin upper-latin lower-greek",
    "overflow": "visible hidden auto",
    "overflow-wrap": "normal anywhere break-word",
    "page-break-after": "auto always avoid",
    "page-break-before": "auto always avoid",
    "page-break-inside": "auto avoid",
    "position": "static relative",
    "table-layout": "auto fixed",
    "text-align": "left right center justify start end",
    "text-decoration-line": "none underline overline line-through",
    "text-decoration-style": "solid double dotted dashed wavy",
    "text-overflow": "clip ellipsis",
    "text-transform": "none capitalize uppercase lowercase",
    "visibility": "visible hidden collapse",
    "white-space": "normal nowrap pre pre-line pre-wrap",
    "word-break": "normal break-all keep-all break-word",
    "word-wrap": "normal break-word",
}
_ALLOWED = {name: _words(keywords) | {"inherit", "initial"} for name, keywords in _KEYWORDS.items()}

_UNITS = _words("px pt pc em rem ex ch cm mm in q vw vh deg turn")
_IDENT = re.compile(r"[a-z][a-z0-9-]{0,31}")
_DIGITS = re.compile(r"[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]{1,2})?")
_HEX = re.compile(r"[0-9a-fA-F]{3,8}")
_FONT = re.compile(r"[\w .\-]{1,64}")
_BETWEEN = {"rgb": ",/", "rgba": ",/", "hsl": ",/", "hsla": ",/", "calc": "+-*/"}


class _NotAllowed(ValueError):
    pass


@lru_cache(maxsize=512)  # newsletters repeat their styles; 512 of them are 2 MiB at most
def clean_style(value: str) -> str:
    """The declarations of a style attribute that are in the grammar, written anew; "" if there are none.

    `!important` is dropped, its declaration kept. No function but colours and calc of numbers, no URL,
    no variable, no position out of the flow.
    """
    if len(value) > MAX_STYLE:
        return ""
    nodes = tinycss2.parse_declaration_list(value, skip_comments=True, skip_whitespace=True)
    return ";".join(_declarations(nodes))


def _declarations(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Declaration) and len(node.value) <= MAX_TOKENS:
            try:
                name, value = node.lower_name, _value(node.lower_name, node.value)
            except _NotAllowed:
                continue
            yield f"{name}:{value}"


def _value(name: str, tokens: Iterable[Node]) -> str:
    if name not in _FREE and name not in _ALLOWED:
        raise _NotAllowed
    value = " ".join("".join(_token(name, token) for token in tokens).split())
    if not value:
        raise _NotAllowed
    return value


def _token(name: str, token: Node) -> str:
    if name == "background":
        write = _BACKGROUND_TOKENS.get(type(token))
    else:
        write = (_FREE_TOKENS if name in _FREE else _KEYWORD_TOKENS).get(type(token))
    if write is None:
        raise _NotAllowed
    return write(name, token)


def _blank(_name: str, _token: Node) -> str:
    return " "


def _nothing(_name: str, _token: Node) -> str:
    return ""


def _keyword(name: str, token: IdentToken) -> str:
    if token.lower_value not in _ALLOWED[name]:
        raise _NotAllowed
    return str(token.lower_value)


def _free_word(name: str, token: IdentToken) -> str:
    word = token.lower_value
    family = name in {"font", "font-family"} and _IDENT.fullmatch(word)
    if not family and word not in _FREE_WORDS and parse_color(token) is None:
        raise _NotAllowed
    return str(token.lower_value)


def _number(name: str, token: NumberToken | PercentageToken | DimensionToken) -> str:
    least = -MAX_NUMBER if name in _NEGATIVE or name in _BETWEEN else 0
    if not least <= token.value <= MAX_NUMBER or not _DIGITS.fullmatch(token.representation):
        raise _NotAllowed
    unit = ""
    if isinstance(token, PercentageToken):
        unit = "%"
    elif isinstance(token, DimensionToken):
        unit = token.lower_unit
        if unit not in _UNITS:
            raise _NotAllowed
    return f"{token.representation}{unit}"


def _hexadecimal(_name: str, token: HashToken) -> str:
    if not _HEX.fullmatch(token.value):
        raise _NotAllowed
    return f"#{token.value}"


def _font(name: str, token: StringToken) -> str:
    if name not in {"font", "font-family"} or not _FONT.fullmatch(token.value):
        raise _NotAllowed
    return f"'{token.value}'"


def _between(name: str, token: LiteralToken) -> str:
    if token.value not in set(_BETWEEN.get(name, ",/")):
        raise _NotAllowed
    return str(token.value)


def _function(name: str, block: FunctionBlock) -> str:
    """A colour or a calc: numbers and what stands between them, nothing inside each other."""
    function = block.lower_name
    if name == "background" and function == "url":
        return ""
    if function not in _BETWEEN or len(block.arguments) > MAX_TOKENS:
        raise _NotAllowed
    pieces: list[str] = []
    for token in block.arguments:
        write = _ARGUMENT_TOKENS.get(type(token))
        if write is None:
            raise _NotAllowed
        pieces.append(write(function, token))
    return f"{function}({''.join(pieces)})"


_ARGUMENT_TOKENS = {
    WhitespaceToken: _blank,
    NumberToken: _number,
    PercentageToken: _number,
    DimensionToken: _number,
    LiteralToken: _between,
}
_FREE_TOKENS = _ARGUMENT_TOKENS | {
    IdentToken: _free_word,
    HashToken: _hexadecimal,
    StringToken: _font,
    FunctionBlock: _function,
}
_BACKGROUND_TOKENS = _FREE_TOKENS | {URLToken: _nothing}  # its colour matters to what stands on it
_KEYWORD_TOKENS = {WhitespaceToken: _blank, IdentToken: _keyword}
