"""The command `webmail`, and `start-msg` and `stop-msg` as the original has them."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import webmail
from webmail.config import Config, load, notes
from webmail.config.file import locate
from webmail.directory import local
from webmail.directory.names import Rules
from webmail.errors import BadRequest, MailError
from webmail.log import Secret
from webmail.supervisor import control


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
    for name, run, text in (
        ("start", _start, "start services: those named, else all that are enabled"),
        ("stop", _stop, "stop services"),
        ("restart", _restart, "stop, then start"),
        ("refresh", _refresh, "take up a changed configuration without dropping anybody"),
        ("status", _status, "tell what runs"),
        ("check", _check, "check the configuration"),
    ):
        command = _command(commands, name, run, text)
        if name != "check":
            command.add_argument("services", nargs="*", metavar="SERVICE")
        if name in {"start", "restart"}:
            command.add_argument("--foreground", action="store_true", help="stay; log to standard error")
    _add_user_commands(commands)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument("-f", dest="file", metavar="FILE", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    command.set_defaults(run=run)
    return command


def _file(options: argparse.Namespace) -> Path:
    return locate(options.file)


def _start(options: argparse.Namespace) -> int:
    file = _file(options)
    names = tuple(options.services)
    if not names:
        for name in control.left_out(load(file)):
            print(f"webmail: {name}: not supported yet; left out", file=sys.stderr)
    return control.start(file, names, foreground=options.foreground)


def _stop(options: argparse.Namespace) -> int:
    config = load(_file(options))
    if not options.services or "http" in options.services:
        print(f"stopped (process {control.stop(config)})")
    return 0


def _restart(options: argparse.Namespace) -> int:
    config = control.checked(_file(options))
    if control.running(config) is not None:
        control.stop(config)
    return _start(options)


def _refresh(options: argparse.Namespace) -> int:
    print(f"refreshing (process {control.refresh(control.checked(_file(options)))})")
    return 0


def _status(options: argparse.Namespace) -> int:
    pid = control.running(load(_file(options)))
    print(f"http: running (process {pid})" if pid is not None else "http: not running")
    return 0 if pid is not None else 3


def _check(options: argparse.Namespace) -> int:
    for note in notes(control.checked(_file(options))):
        print(f"webmail: {note}", file=sys.stderr)
    print("The configuration is fit to start with.")
    return 0


def _add_user_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    users = _command(commands, "user", lambda _: 2, "the people of the local directory").add_subparsers(
        required=True, metavar="COMMAND"
    )
    add = _command(
        users, "add", _user_add, "add a person; asks for the password, or reads it from standard input"
    )
    add.add_argument("user", help="the name to sign in with: name or name@domain")
    add.add_argument("--host", default="", help="mailHost: the backend that holds the mailbox")
    add.add_argument("--login", default="", help="the name at the backend, if it is another")
    add.add_argument("--address", default="", help="the mail address, if it is another")
    add.add_argument("--name", default="", help="the name as people call it")
    _command(users, "passwd", _user_passwd, "set a password").add_argument("user")
    _command(users, "delete", _user_delete, "take a person out; the mailbox stays").add_argument("user")
    _command(users, "list", _user_list, "list the people")


def _user_add(options: argparse.Namespace) -> int:
    config = load(_file(options))
    user = local.add_user(
        config.usersfile,
        options.user,
        _new_password().reveal(),
        _rules(config),
        mailhost=options.host,
        address=options.address,
        name=options.name,
        backend_login=options.login,
    )
    print(f"added {user.uid}")
    return 0


def _user_passwd(options: argparse.Namespace) -> int:
    config = load(_file(options))
    local.set_password(config.usersfile, options.user, _new_password().reveal(), _rules(config))
    return 0


def _user_delete(options: argparse.Namespace) -> int:
    config = load(_file(options))
    local.delete_user(config.usersfile, options.user, _rules(config))
    return 0


def _user_list(options: argparse.Namespace) -> int:
    for user in local.list_users(load(_file(options)).usersfile):
        print(user.uid, user.host, user.login, user.address, user.name, sep="\t")
    return 0


def _rules(config: Config) -> Rules:
    return Rules(config.login.loginseparator, config.login.defaultdomain)


def _new_password() -> Secret:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise BadRequest("the two are not the same; nothing was changed")
    if not password:
        raise BadRequest("an empty password is none; nothing was changed")
    return Secret(password)


if __name__ == "__main__":
    sys.exit(main())
