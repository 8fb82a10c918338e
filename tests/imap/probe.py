"""A stranger who asks again and again, and tells how long he waited at most: how long the loop was held.

`python -m tests.imap.probe PORT` prints `ready`, and the seconds when its standard input ends. In a process
of its own, so that nothing but the service keeps it waiting.
"""

from __future__ import annotations

import select
import socket
import sys
import time

PAUSE = 0.001  # seconds between two questions


def main(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connected, connected.makefile("rb") as answers:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers.readline()
        print("ready", flush=True)
        worst = 0.0
        while not select.select([sys.stdin], [], [], PAUSE)[0]:
            began = time.perf_counter()
            connected.sendall(b"p NOOP\r\n")
            answers.readline()
            worst = max(worst, time.perf_counter() - began)
        print(worst)


if __name__ == "__main__":
    main(int(sys.argv[1]))
