"""`webmail user add|passwd|delete|list`: the people of the local directory."""

from __future__ import annotations

import argparse
import getpass
import sys

from webmail.commands.parsing import Commands, add_command, add_group, file_of
from webmail.config import Config, load
from webmail.directory import local
from webmail.directory.names import Rules
from webmail.errors import BadRequest
from webmail.log import Secret


def add(commands: Commands) -> None:
    users = add_group(commands, "user", "the people of the local directory")
    new = add_command(
        users, "add", _add, "add a person; asks for the password, or reads it from standard input"
    )
    new.add_argument("user", help="the name to sign in with: name or name@domain")
    new.add_argument("--host", default="", help="mailHost: the backend that holds the mailbox")
    new.add_argument("--login", default="", help="the name at the backend, if it is another")
    new.add_argument("--address", default="", help="the mail address, if it is another")
    new.add_argument("--name", default="", help="the name as people call it")
    add_command(users, "passwd", _passwd, "set a password").add_argument("user")
    add_command(users, "delete", _delete, "take a person out; the mailbox stays").add_argument("user")
    add_command(users, "list", _list, "list the people")


def _add(options: argparse.Namespace) -> int:
    config = load(file_of(options))
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


def _passwd(options: argparse.Namespace) -> int:
    config = load(file_of(options))
    local.set_password(config.usersfile, options.user, _new_password().reveal(), _rules(config))
    return 0


def _delete(options: argparse.Namespace) -> int:
    config = load(file_of(options))
    local.delete_user(config.usersfile, options.user, _rules(config))
    return 0


def _list(options: argparse.Namespace) -> int:
    for user in local.list_users(load(file_of(options)).usersfile):
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
