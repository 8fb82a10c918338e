"""What the servers need from this machine: root, their packages, one user who owns the mail."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.servers.process import ServerError

MAIL_USER = "webmailtest"
INSTALL = "tests/servers/install"


@cache
def mail_user() -> pwd.struct_passwd:
    """The system user whom all test mail belongs to, made if there is none."""
    require("dovecot")
    try:
        return pwd.getpwnam(MAIL_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"]
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", MAIL_USER], check=True)
        return pwd.getpwnam(MAIL_USER)


def require(*programs: str) -> None:
    """Raise ServerError, saying what to do, unless we are root and have these programs."""
    if os.geteuid() != 0:
        raise ServerError(
            "Mail servers keep each person's mail under user ids of their own: please run this as root."
        )
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [program for program in programs if not shutil.which(program, path=path)]
    if missing:
        raise ServerError(f"Not installed: {', '.join(missing)}. Please run {INSTALL} as root.")


def directory(name: str) -> Path:
    """A new directory of its own that servers can enter under any user id; short, for Unix sockets."""
    made = Path(tempfile.mkdtemp(prefix=f"webmail-{name}-"))
    made.chmod(0o755)
    return made


def owned(path: Path) -> Path:
    """Make this directory, owned by the mail user."""
    path.mkdir(parents=True, exist_ok=True)
    user = mail_user()
    os.chown(path, user.pw_uid, user.pw_gid)
    return path
