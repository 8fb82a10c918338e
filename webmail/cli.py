"""The command `webmail`, and `start-msg` and `stop-msg` as the original has them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import webmail
from webmail.commands import services, store, users
from webmail.errors import MailError

GROUPS = (services, users, store)  # of commands: a module each


def main(arguments: Sequence[str] | None = None) -> int:
    """`webmail …`; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (MailError, OSError) as error:
        print(f"webmail: {error}", file=sys.stderr)
        return 1


def start_msg() -> int:
    """`start-msg [service…]`"""
    return main(["start", *sys.argv[1:]])


def stop_msg() -> int:
    """`stop-msg [service…]`"""
    return main(["stop", *sys.argv[1:]])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("webmail", description=webmail.__doc__)
    parser.add_argument("-f", dest="file", metavar="FILE", help="the configuration file")
    parser.add_argument("--version", action="version", version=webmail.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
