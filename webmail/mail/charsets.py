"""Which codec a charset's label means in mail, and text from bytes whatever the label says."""

from __future__ import annotations

import codecs
import encodings.aliases
import re

# Text codecs only, each linear in its input. A table of our own, because codecs.lookup() remembers
# every unknown label it is ever asked for, and knows codecs (punycode, zlib, …) that mail must not reach.
_TEXT_CODECS = """
    ascii utf_8 utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le utf_7 big5 big5hkscs cp950
    gb18030 hz euc_jp euc_jis_2004 shift_jis shift_jisx0213 cp932 euc_kr cp949 johab iso2022_jp
    iso2022_jp_1 iso2022_jp_2 iso2022_jp_3 iso2022_jp_2004 iso2022_jp_ext iso2022_kr latin_1
    iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8 iso8859_9 iso8859_10
    iso8859_11 iso8859_13 iso8859_14 iso8859_15 iso8859_16 koi8_r koi8_u koi8_t kz1048 ptcp154
    tis_620 cp037 cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863
    cp864 cp865 cp866 cp869 cp874 cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257
    cp1258 mac_roman mac_latin2 mac_greek mac_cyrillic mac_turkish mac_iceland hp_roman8
"""
_CODECS = frozenset(_TEXT_CODECS.split())

# What senders mean by a label is its superset (the WHATWG Encoding Standard's table does the same).
_MEANT = {
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "euc_kr": "cp949",
    "johab": "johab",
    "shift_jis": "cp932",
    "iso2022_jp": "iso2022_jp_ext",
    "iso2022_jp_1": "iso2022_jp_ext",
}

# Labels of real mail that Python does not know.
_ODD = {
    "ksc56011987": "cp949",
    "ksc56011989": "cp949",
    "ksc5601": "cp949",
    "ks_c_5601": "cp949",
    "ksc": "cp949",
    "korean": "cp949",
    "windows949": "cp949",
    "unicode11utf7": "utf_7",
    "unicode20utf7": "utf_7",
    "unicode11utf8": "utf_8",
    "unicode": "utf_16",
    "utf8mb4": "utf_8",
    "utf": "utf_8",
    "xsjis": "cp932",
    "windows31j": "cp932",
    "mskanji": "cp932",
    "cp51932": "euc_jp",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "xeucjp": "euc_jp",
    "xgbk": "gb18030",
    "cp936": "gb18030",
    "windows936": "gb18030",
    "gb231280": "gb18030",
    "chinese": "gb18030",
    "xxbig5": "big5hkscs",
    "cnbig5": "big5hkscs",
    "big5eten": "big5hkscs",
    "windows874": "cp874",
    "windows1250": "cp1250",
    "dos874": "cp874",
    "iso88598i": "iso8859_8",
    "iso88598e": "iso8859_8",
    "iso88596i": "iso8859_6",
    "iso885912": "cp1252",
    "xroman8": "hp_roman8",
    "xmacroman": "mac_roman",
    "macintosh": "mac_roman",
    "xmaccyrillic": "mac_cyrillic",
    "xmacgreek": "mac_greek",
    "xmacturkish": "mac_turkish",
    "xmacce": "mac_latin2",
    "koi8": "koi8_r",
    "koi8ru": "koi8_u",
    "ansi": "cp1252",
    "xansi": "cp1252",
    "8bit": "",
}

PIECE = 131_072  # octets that are decoded in one go
MAX_LABEL = 64  # the longest registered label has 45 characters

_JUNK_IN_LABEL = re.compile(r"[^a-z0-9]+")
_ESCAPED_JIS = re.compile(rb"\x1b\$[@B]((?:[!-~][!-~])*)(?:\x1b\([BJ])?")
_UNPAIRED = re.compile("[\ud800-\udfff]")


def _labels() -> dict[str, str]:
    names = {codec: codec for codec in (*_CODECS, *_MEANT)}
    names |= {f"win{page}": f"cp{page}" for page in range(1250, 1259)}
    names |= encodings.aliases.aliases
    known: dict[str, str] = {}
    for label, codec in names.items():
        meant = _MEANT.get(codec, codec)
        if meant in _CODECS:
            known[_squeeze(label)] = meant
    return known | {_squeeze(label): codec for label, codec in _ODD.items()}


def _squeeze(label: str) -> str:
    return _JUNK_IN_LABEL.sub("", label.lower())


_KNOWN = _labels()


def codec(label: bytes | str | None) -> str:
    """The Python codec that a label means; "" for a label that is missing, unknown or not of a text."""
    if not label:
        return ""
    text = label.decode("ascii", "replace") if isinstance(label, bytes) else label
    squeezed = _squeeze(text[:MAX_LABEL])
    return _KNOWN.get(squeezed, "") or _KNOWN.get(squeezed.removeprefix("charset"), "")


def decode(data: bytes, label: bytes | str | None = None) -> str:
    """Text of bytes under a label that may be missing or wrong; never raises, no unpaired surrogates."""
    name = codec(label)
    if name in {"", "ascii"}:
        return _guess(data)
    text = _strictly(data, name)
    if text is None and name == "iso2022_jp_ext":
        text = _strictly(_ESCAPED_JIS.sub(_shift_jis, data), "cp932")
    if text is None and not data.isascii():
        text = _strictly(data, "utf_8")
    if text is None:
        text = _guess(data) if name == "utf_8" else _decoded(data, name, "replace")
    return text if text.isascii() else _paired(text).removeprefix("\ufeff")


def _paired(text: str) -> str:
    """Without unpaired surrogates; whether there are any is found out in a tenth of the time."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _UNPAIRED.sub("\ufffd", text)
    return text


def _shift_jis(escaped: re.Match[bytes]) -> bytes:
    """Microsoft's characters (a circled 1) are in no ISO-2022-JP of Python's, but in its Shift JIS."""
    pairs = escaped[1]
    out = bytearray()
    for high, low in zip(pairs[::2], pairs[1::2], strict=True):
        row, cell = high - 0x21, low - 0x21 + (94 if (high - 0x21) % 2 else 0)
        out.append(row // 2 + (0x81 if row < 62 else 0xC1))
        out.append(cell + (0x40 if cell < 63 else 0x41))
    return bytes(out)


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return _decoded(data, name)
    except UnicodeError:
        return None


def _decoded(data: bytes, name: str, errors: str = "strict") -> str:
    """Piece by piece: some codecs take 60 ns for an octet, and no other thread runs meanwhile."""
    if len(data) <= PIECE:
        return data.decode(name, errors)
    decoder = codecs.getincrementaldecoder(name)(errors)
    pieces = [decoder.decode(data[at : at + PIECE]) for at in range(0, len(data), PIECE)]
    return "".join([*pieces, decoder.decode(b"", final=True)])


def _guess(data: bytes) -> str:
    """UTF-8 if it is (nearly) that, ISO-2022-JP by its escapes, otherwise Windows-1252."""
    if data.isascii():
        japanese = _strictly(data, "iso2022_jp_ext") if b"\x1b$" in data else None
        return data.decode("ascii") if japanese is None else japanese
    text = _decoded(data, "utf_8", "replace")
    broken = text.count("\ufffd")
    if broken and broken * 4 > len(text) - len(text.encode("ascii", "ignore")):
        text = _decoded(data, "cp1252", "replace")
    return text.removeprefix("\ufeff")
