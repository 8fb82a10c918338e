"""The command `configutil`: shows and sets parameters, with the options of release 6.3."""

from __future__ import annotations

import getopt
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from webmail.config import changes, file, listing, verify
from webmail.config.configuration import REGISTRY
from webmail.config.errors import ConfigError
from webmail.config.kinds import printable

USAGE = """\
usage: configutil [-f FILE] [-p TEXT] [-H] [-m]     list parameters; those with TEXT in their name
       configutil [-f FILE] -o NAME [-H] [-m]       print the value of one
       configutil [-f FILE] -o NAME -v VALUE        set it; -v "" clears it
       configutil [-f FILE] -o NAME -d              delete its line: the default holds again
       configutil [-f FILE] -i INPUTFILE            set all name=value lines of a file: all, or nothing
       configutil [-f FILE] -V                      check the whole file
       configutil -h                                show this

 -H   describe each parameter: default, type, unit, bounds
 -m   say of each whether `webmail refresh` is enough for it, or a restart is needed
 -f   the configuration file; else $WEBMAIL_CONF, else /etc/webmail/webmail.conf

Listings show a secret as ****; -o NAME prints it.
"""
WRONG_USAGE = 2


class UsageError(Exception):
    """Options that make no sense together."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line. None: the option was not given."""

    file: str | None = None
    name: str | None = None
    value: str | None = None
    source: str | None = None
    pattern: str | None = None
    delete: bool = False
    describe: bool = False
    marks: bool = False
    verify: bool = False
    help: bool = False


LETTERS = {
    "f": "file",
    "o": "name",
    "v": "value",
    "i": "source",
    "p": "pattern",
    "d": "delete",
    "H": "describe",
    "m": "marks",
    "V": "verify",
    "h": "help",
}


def main(argv: Sequence[str] | None = None) -> int:
    """`configutil …`; the exit status: 0, 1 if something is wrong, 2 if the options are."""
    try:
        return _run(parse(sys.argv[1:] if argv is None else argv))
    except UsageError as error:
        print(f"configutil: {error}\n{USAGE}", end="", file=sys.stderr)
        return WRONG_USAGE
    except ConfigError as error:
        print(f"configutil: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  nobody reads on
        return 1


def parse(argv: Sequence[str]) -> Options:
    """As getopt(3) does it: `-v` takes whatever comes next, `-1` and `-secret` too. Raises UsageError."""
    try:
        pairs, rest = getopt.getopt(list(argv), "f:o:v:i:p:dHmVh", ["help"])
    except getopt.GetoptError as error:
        raise UsageError(error.msg) from None
    if rest:
        raise UsageError(f"“{rest[0]}” is not an option; a value with blanks needs quotes")
    given: dict[str, str | bool] = {}
    for letter, text in pairs:
        field = LETTERS[letter.lstrip("-")[0]]
        if field in given and text:
            raise UsageError(f"{letter} is given twice")
        given[field] = text if letter[1] + ":" in "f:o:v:i:p:" else True
    options = Options(**given)  # type: ignore[arg-type]
    _refuse_nonsense(options)
    return options


def _refuse_nonsense(options: Options) -> None:
    if options.name is None and options.value is not None:
        raise UsageError("-v needs -o NAME")
    if options.name is None and options.delete:
        raise UsageError("-d needs -o NAME")
    if options.value is not None and options.delete:
        raise UsageError("-v and -d exclude each other")
    alone = {"-o": options.name, "-p": options.pattern, "-i": options.source, "-V": options.verify or None}
    together = [letter for letter, value in alone.items() if value is not None]
    if len(together) > 1:
        raise UsageError(f"{' and '.join(together)} exclude each other")


def _run(options: Options) -> int:
    path = file.locate(options.file)
    if options.help:
        print(USAGE, end="")
    elif options.name is not None and options.value is not None:
        changes.set_value(path, options.name, options.value)
    elif options.name is not None and options.delete:
        changes.delete(path, options.name)
    elif options.name is not None:
        _show(path, options.name, options)
    elif options.source is not None:
        _import(path, Path(options.source))
    elif options.verify:
        return _verify(path)
    else:
        return _list(path, options)
    return 0


def _show(path: Path, name: str, options: Options) -> None:
    setting = REGISTRY.wanted(name)
    print(printable(listing.value(file.read(path), setting, os.environ)))
    if options.marks:
        print(listing.marks(setting.param))
    if options.describe:
        print(*listing.description(setting.param), sep="\n")


def _list(path: Path, options: Options) -> int:
    found = list(listing.listing(file.read(path), options.pattern or ""))
    for setting, text in found:
        marks = f" {listing.marks(setting.param)}" if options.marks else ""
        print(listing.line(setting, text) + marks)
        if options.describe:
            print(*listing.description(setting.param), sep="\n")
    if not found:
        raise ConfigError(f"no parameter has “{options.pattern}” in its name")
    return 0


def _import(path: Path, source: Path) -> None:
    for text in changes.import_file(path, source):
        print(f"configutil: {text}", file=sys.stderr)


def _verify(path: Path) -> int:
    source = file.read(path)
    found = verify.findings(source, os.environ)
    for text in found or verify.hints(source, os.environ):
        print(text)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
