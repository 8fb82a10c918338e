"""Writes docs/parameters.md from the registry: `python -m webmail.config.document`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from webmail.config.configuration import SECTIONS
from webmail.config.listing import type_of
from webmail.config.param import LIVE, STORED, Param, Section

PAGE = Path(__file__).parents[2] / "docs" / "parameters.md"
HEAD = """\
# Parameters

<!-- Written by `python -m webmail.config.document` from the declarations in webmail/config/. -->

Parameters are kept in one file, which `configutil` shows and changes:

```
configutil -o service.http.port -v 8080      set
configutil -o service.http.port              show the value alone
configutil -o service.http.port -v ""        clear: a text becomes empty, all else goes back to its default
configutil -o service.http.port -d           delete the line: the default holds again
configutil                                   list everything
configutil -p proxy                          list what has “proxy” anywhere in its name
configutil -p proxy -H                       with description, default, unit and bounds
configutil -m                                with [REFRESHABLE] or [NOT REFRESHABLE]
configutil -i FILE                           set all `name=value` lines of a file: all, or nothing
configutil -V                                check the whole file; exit status 1 if something is wrong
```

**Which file.** `-f FILE`, else `$WEBMAIL_CONF`, else `/etc/webmail/webmail.conf`. No file: all defaults.
It holds lines `name = value` and comments, lines that begin with `#`. A value that is empty, holds blanks or
begins with `"` stands in double quotes; nothing inside them is special. `configutil` keeps comments, order
and lines that it does not know, and writes the file with mode 0600, for its old owner, as a whole: a crash
leaves the old file or the new one. While another `configutil` writes it waits, up to 10 seconds.

**Names** are compared without regard to case. Where *per host* says yes, a host’s name may be appended; that
value goes before the common one for this host: `local.service.proxy.imapport.store1.example.com`.

**Values.** Switches are `yes` or `no`; `1` and `0`, `on` and `off`, `true` and `false` are the same. A value
is kept as it was written. An unknown name, a wrong value or a control character is refused with exit
status 1, and nothing is written.

**Secrets** show as `****` in listings; `configutil -o NAME` prints them. Instead of in this file a secret
can stand in a file of its own, named by `NAME_file`: `local.service.proxy.adminpass_file = /run/secrets/pw`,
for one host `local.service.proxy.adminpass_file.store1.example.com`. Or systemd brings it, under the
parameter’s name: `LoadCredential=local.service.proxy.adminpass:/etc/webmail/adminpass`. What stands here or
is named here goes before systemd; both a value and a `NAME_file` for the same secret are an error.

**Refreshable** parameters take effect with `webmail refresh`, all others when the service is restarted.

**Effect.** *now*: it does what it says. *stored*: checked and stored; its service comes with a later release.
*not supported*: it does nothing yet, so `configutil` refuses to set it.

Parameters marked + are ours; all others are those of Sun Java System Messaging Server 6.3.
"""
ROW = "| {name} | {kind} | {default} | {per_host} | {refreshable} | {effect} | {help} |"
TABLE = (
    "| name | type | default | per host | refreshable | effect | meaning |",
    "|---|---|---|---|---|---|---|",
)


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([HEAD, *_tables(SECTIONS.values())])


def _tables(sections: Iterable[type[Section]]) -> Iterator[str]:
    for section in sections:
        title = (section.__doc__ or "").strip().removesuffix(".")
        yield from (f"## {title}", "", f"`{section.prefix}`", "", *TABLE)
        yield from (_row(it) for it in sorted(section.params.values(), key=lambda declared: declared.name))
        yield ""


def _row(declared: Param[Any]) -> str:
    mark = " +" if declared.extension else ""
    return ROW.format(
        name=f"`{_family_name(declared)}`{mark}",
        kind=_cell(type_of(declared))
        + (", secret" if declared.secret and declared.kind.word != "secret" else ""),
        default=_code(declared.write(declared.default)),
        per_host="yes" if declared.per_host else "",
        refreshable="yes" if declared.refreshable else "no",
        effect="now"
        if declared.effect is LIVE
        else "stored"
        if declared.effect is STORED
        else "not supported",
        help=_cell(declared.help) + _members(declared),
    )


def _family_name(declared: Param[Any]) -> str:
    return declared.name.replace("*", "<name>")


def _members(declared: Param[Any]) -> str:
    return f" `<name>`: {', '.join(declared.members)}." if declared.members else ""


def _code(text: str) -> str:
    return f"`{_cell(text)}`" if text else "empty"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
