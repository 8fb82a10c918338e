"""The benchmark: one mailbox, the bare exchange and our pages over it, and the aims they are held to."""

from __future__ import annotations

import argparse
import html
import os
import shutil
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench import measure
from tests.bench.clients import MESSAGE, Imap, Web
from tests.bench.corpus import mail
from tests.bench.measure import Figures
from tests.servers.backend import Person
from tests.servers.certificates import Authority
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import fill
from tests.servers.process import ServerError
from tests.servers.product import Product, settings_for
from tests.servers.system import directory

ROWS = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
OPENED = "(UID FLAGS ENVELOPE BODYSTRUCTURE)"
PAGE = 50  # messages on a page of the list
SETTLE = 75  # seconds until idle connections to the backend are closed


@dataclass(frozen=True, slots=True)
class Bench:
    """What runs, and how much is asked of it."""

    dovecot: Dovecot
    product: Product
    options: argparse.Namespace

    @property
    def person(self) -> Person:
        return self.dovecot.people[0]

    def browser(self, person: Person) -> Web:
        web = Web(self.product.host, self.product.port)
        web.sign_in(person.name, person.password)
        return web


def main() -> int:
    options = _options()
    with ExitStack() as stack:
        try:
            bench = _start(stack, options)
            _report(bench)
        except ServerError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("make bench", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="in each mailbox")
    parser.add_argument("--times", type=int, default=200, help="each page is asked for so often")
    parser.add_argument("--users", type=int, default=50, help="who ask at the same time")
    parser.add_argument("--seconds", type=float, default=10, help="of asking at the same time")
    parser.add_argument("--idle", type=int, default=400, help="sessions that do nothing")
    parser.add_argument("--settle", type=float, default=SETTLE, help="seconds before idle memory is read")
    return parser.parse_args()


def _start(stack: ExitStack, options: argparse.Namespace) -> Bench:
    place = directory("bench")
    stack.callback(shutil.rmtree, place)
    authority = Authority(place / "ca")
    person = Person("person")
    certificate = authority.issue("dovecot", "127.0.0.1")
    spares = options.users + options.idle
    dovecot = Dovecot(place / "dovecot", [person], certificate, spares=spares)
    stack.enter_context(dovecot)
    start = time.monotonic()
    fill(dovecot, person.name, (mail(number) for number in range(options.messages)))
    for each in dovecot.spares[: options.users]:
        _link(dovecot.maildir(person.name), dovecot.maildir(each.name))
    settings = settings_for([dovecot], None) | {"local.directory.type": "imap"}
    product = Product(place / "webmail", settings)
    stack.enter_context(product)
    print(
        f"{options.messages} messages in each of {options.users + 1} mailboxes; made in {time.monotonic() - start:.0f} s\n"
    )
    return Bench(dovecot, product, options)


def _link(source: Path, target: Path) -> None:
    """The same messages for another person: hard links, which flags and moves leave apart."""
    shutil.copytree(source.parent, target.parent, copy_function=os.link)
    owner = source.stat()
    for folder in (target.parent, *(path for path in target.parent.rglob("*") if path.is_dir())):
        os.chown(folder, owner.st_uid, owner.st_gid)


def _report(bench: Bench) -> None:
    busy, start = measure.busy(), time.monotonic()
    print(f"{'one person, one request at a time':44}{'p50 ms':>9}{'p95 ms':>9}{'x raw':>8}{'CPU ms':>9}")
    listing, opening = _raw(bench)
    with bench.browser(bench.person) as web:
        ours = _row(bench, "our list page", lambda _: web.get(_page(1)), listing)
        last = max(1, bench.options.messages // PAGE)
        _row(
            bench,
            "our list page, each time another",
            lambda number: web.get(_page(2 + number % last)),
            listing,
        )
        links = _links(web, 1)
        _row(bench, "our open page", lambda number: web.get(links[number % len(links)]), opening)
        unread = [link for number in range(2, 3 + bench.options.times // 40) for link in _links(web, number)]
        _row(
            bench,
            "our open page, each time another",
            lambda number: web.get(unread[number % len(unread)]),
            opening,
        )
    _together(bench)
    idle = _idle(bench)
    cores = (measure.busy() - busy) / (time.monotonic() - start)
    print(
        f"\n{cores:.1f} of {os.cpu_count()} cores were busy on the whole; others' work counts in these times.\n"
    )
    _judge(ours, listing, idle)


def _page(number: int) -> str:
    return f"/mail?folder=INBOX&page={number}"


def _links(web: Web, page: int) -> list[str]:
    """The addresses of the messages on a page of the list."""
    return [html.unescape(link.decode()) for link in dict.fromkeys(MESSAGE.findall(web.get(_page(page))))]


def _raw(bench: Bench) -> tuple[Figures, Figures]:
    dovecot, count = bench.dovecot, bench.options.messages
    with Imap(dovecot.host, dovecot.imap, bench.person.name, bench.person.password) as imap:
        first = f"{max(1, count - 49)}:{count}"
        listing = _row(
            bench, "raw IMAP: FETCH of the newest 50", lambda _: imap.ask(f"FETCH {first} {ROWS}"), None
        )

        def opened(number: int) -> None:
            place = count - number % 50
            imap.ask(f"FETCH {place} {OPENED}")
            imap.ask(f"FETCH {place} BODY.PEEK[1]")

        opening = _row(bench, "raw IMAP: one message, its structure and text", opened, None)
    return listing, opening


def _row(bench: Bench, name: str, action: measure.Action, raw: Figures | None) -> Figures:
    found = measure.timed(action, bench.options.times, bench.product.pid)
    line = f"{name:44}{found.p50:9.2f}{found.p95:9.2f}{found.p50 / (raw or found).p50:8.1f}"
    print(line + (f"{found.cpu:9.2f}" if raw else ""), flush=True)
    return found


def _together(bench: Bench) -> None:
    """So many people list and open at the same time."""
    people = bench.dovecot.spares[: bench.options.users]
    webs = [bench.browser(person) for person in people]
    for web in webs:
        web.get(_page(1))
    spans: list[float] = []
    end = time.monotonic() + bench.options.seconds
    before, start = measure.cpu(bench.product.pid), time.monotonic()
    threads = [threading.Thread(target=_work, args=(web, end, spans)) for web in webs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = measure.figures(spans, measure.cpu(bench.product.pid) - before)
    rate = len(spans) / (time.monotonic() - start)
    name = f"{len(webs)} people at once: 1 list page, 3 open pages"
    print(f"{name:44}{found.p50:9.2f}{found.p95:9.2f}{'':8}{found.cpu:9.2f}\n{'':4}{rate:.0f} requests/s")
    for web in webs:
        web.__exit__(None, None, None)


def _work(web: Web, end: float, spans: list[float]) -> None:
    turn = 0
    while time.monotonic() < end:
        start = time.perf_counter()
        page = web.get(_page(1))
        spans.append(time.perf_counter() - start)
        links = MESSAGE.findall(page)
        for step in range(3):
            path = html.unescape(links[(turn * 3 + step) % len(links)].decode())
            start = time.perf_counter()
            web.get(path)
            spans.append(time.perf_counter() - start)
        turn += 1


def _idle(bench: Bench) -> float:
    """Kilobytes that one more signed-in session keeps once it is idle."""
    pid, options = bench.product.pid, bench.options
    time.sleep(options.settle)
    before = measure.memory(pid)
    for person in bench.dovecot.spares[options.users :]:
        with bench.browser(person) as web:
            web.get(_page(1))
    busy: float = (measure.memory(pid) - before) / options.idle / 1000
    time.sleep(options.settle)
    idle: float = (measure.memory(pid) - before) / options.idle / 1000
    print(
        f"\nmemory of one more signed-in session: {busy:.0f} kB while its connection to the backend is open,"
    )
    print(f"{idle:.0f} kB when idle; the process before them: {before / 1e6:.0f} MB")
    return idle


def _judge(ours: Figures, raw: Figures, idle: float) -> None:
    limit = 4 * raw.p50 + 5
    for name, value, most in (
        ("list page p50, ms (4 x raw + 5)", ours.p50, limit),
        ("CPU for a list page, ms", ours.cpu, 6.0),
        ("memory of an idle session, kB", idle, 150.0),
    ):
        print(f"{'met   ' if value <= most else 'MISSED'}  {name}: {value:.1f}, aim {most:.1f}")


if __name__ == "__main__":
    sys.exit(main())
