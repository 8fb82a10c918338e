"""What all commands share: a line in the help, a function to run, the configuration file."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from webmail.config.file import locate

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no public name


def add_command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    """A command whose `run` gets the options and returns the exit status."""
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument("-f", dest="file", metavar="FILE", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    command.set_defaults(run=run)
    return command


def add_group(commands: Commands, name: str, text: str) -> Commands:
    """A command that has commands."""
    return add_command(commands, name, lambda _: 2, text).add_subparsers(required=True, metavar="COMMAND")


def file_of(options: argparse.Namespace) -> Path:
    return locate(options.file)
