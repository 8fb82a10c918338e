"""`make run`: Webmail with a sample mailbox on a Dovecot and a Postfix of its own, until Ctrl-C.

Everything lies under `.run/`, or under the directory that $WEBMAIL_RUN names.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.samples.letters import FOLDERS
from tests.samples.mailbox import mails
from tests.servers.backend import Person
from tests.servers.certificates import Authority
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import encoded as utf7
from tests.servers.mailbox import fill, imap
from tests.servers.postfix import Postfix
from tests.servers.process import Process, ServerError, free_port
from tests.servers.product import ROOT, Product, settings_for
from tests.servers.system import directory, require

RUN = Path(os.environ.get("WEBMAIL_RUN") or ROOT / ".run").absolute()
PORT = 8990  # another free one if this is taken
ANNA, BEN = Person("anna", "sunny-harbour"), Person("ben", "sunny-harbour")


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what it puts behind without it
    RUN.mkdir(exist_ok=True)
    try:
        with _alone(), contextlib.ExitStack() as stack:
            place = stack.enter_context(_place())
            product = _start(stack, place)
            _tell(product)
            while not product.ended():
                time.sleep(0.5)
            print(f"Webmail has ended by itself. Its last words:\n{product.tail()}", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0
    except (ServerError, AlreadyRunningError) as error:
        print(error, file=sys.stderr)
        return 1


class AlreadyRunningError(RuntimeError):
    """Another `make run` of this work tree lives."""


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    with (RUN / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise AlreadyRunningError(f"It runs already: {lock.read().strip() or 'just starting'}") from error
        lock.truncate(0)
        try:
            yield
        finally:
            lock.truncate(0)


@contextlib.contextmanager
def _place() -> Iterator[Path]:
    """An empty directory that the servers' users can reach: `.run/servers`, or elsewhere under a closed home."""
    RUN.chmod(0o755)
    if all(parent.stat().st_mode & 0o001 for parent in RUN.parents):
        place = RUN / "servers"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o755)
    else:
        place = directory("run")
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _start(stack: contextlib.ExitStack, place: Path) -> Product:
    require("dovecot", "postfix")
    print("Starting Dovecot, Postfix and Webmail …")
    authority = Authority(place / "ca")
    dovecot = Dovecot(place / "dovecot", [ANNA, BEN], authority.issue("dovecot", "127.0.0.1"))
    stack.enter_context(dovecot)
    _fill(dovecot)
    postfix = Postfix(place / "postfix", [dovecot], authority.issue("postfix", "127.0.0.1"))
    stack.enter_context(postfix)
    product = Product(place / "webmail", settings_for([dovecot], postfix), port=_port())
    product.configure()
    for person, name in ((ANNA, "Anna Lindqvist"), (BEN, "Ben Okafor")):
        product.webmail(
            "user", "add", person.name, "--host", dovecot.host, "--name", name, stdin=f"{person.password}\n"
        )
    return _entered(stack, product)


def _entered(stack: contextlib.ExitStack, product: Product) -> Product:
    process: Process = stack.enter_context(product)
    assert process is product
    return product


def _fill(dovecot: Dovecot) -> None:
    for folder in ("INBOX", "Sent", "Drafts", "Junk"):
        fill(dovecot, ANNA.name, mails(folder), folder)
    with imap(dovecot, ANNA.name) as connection:
        for folder in FOLDERS:
            connection.create(f'"{utf7(folder)}"')
            connection.subscribe(f'"{utf7(folder)}"')


def _port() -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return free_port()
    return PORT


def _tell(product: Product) -> None:
    (RUN / "lock").write_text(f"{product.url}\n")
    print(
        f"""
  Webmail is ready.

    Address     {product.url}
    User name   {ANNA.name}
    Password    {ANNA.password}

  “{BEN.name}”, with the same password, can receive what Anna sends.
  How it is configured:  configutil -f {product.file}
  What it logs:          {product.log}

  Ctrl-C ends it all; the mailboxes go with it.
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
