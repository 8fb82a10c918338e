"""Log lines as administrators of the original know them, with secrets blotted out by type.

`dd/Mon/yyyy:hh:mm:ss ±hhmm host process[pid]: category level: message` (Administration Guide, 25.4.2).
"""

from __future__ import annotations

import logging
import os
import socket
import time
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path

# The manual's levels, from loud to quiet; Nolog is above all that is ever logged.
LEVELS = {
    "nolog": logging.CRITICAL + 10,
    "critical": logging.CRITICAL,
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "notice": logging.INFO + 5,
    "information": logging.INFO,
    "debug": logging.DEBUG,
}
NOTICE = LEVELS["notice"]
_NAMES = {
    logging.CRITICAL: "Critical",
    logging.ERROR: "Error",
    logging.WARNING: "Warning",
    NOTICE: "Notice",
    logging.INFO: "Information",
    logging.DEBUG: "Debug",
}
LOG_FILE = 0o640
MAX_MESSAGE = 4000  # a line that a terminal and syslog still take


class Secret(str):
    """A string that never shows itself in a log, a traceback or a listing."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'****'"

    def __format__(self, spec: str) -> str:
        return "****"

    def __str__(self) -> str:
        return "****"

    def reveal(self) -> str:
        """The secret itself, for the one place that needs it."""
        return str.__str__(self)


class _Private(WatchedFileHandler):
    """Who signed in, and from where, is for the service and its group."""

    def _open(self) -> TextIOWrapper:
        return open(
            self.baseFilename,
            "a",
            encoding="utf-8",
            opener=lambda path, flags: os.open(path, flags, LOG_FILE),
        )


class _Lines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__()
        self._host = socket.gethostname()

    def format(self, record: logging.LogRecord) -> str:
        moment = time.localtime(record.created)
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S %z", moment)
        level = _NAMES.get(record.levelno, record.levelname)
        service, _, category = record.name.partition(".")
        message = _one_line(record.getMessage())
        if record.exc_info:
            message += " | " + _one_line(self.formatException(record.exc_info), MAX_MESSAGE * 4)
        return f"{stamp} {self._host} {service}[{record.process}]: {category or 'General'} {level}: {message}"


def _one_line(text: str, limit: int = MAX_MESSAGE) -> str:
    """No line break and no control character from anybody into the log."""
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:limit])
    return escaped + ("…" if len(text) > limit else "")


def start(service: str, level: str, file: Path | None = None) -> logging.Logger:
    """The logger of a service, to standard error or to a file; children are its categories."""
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler()
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = _Private(file, encoding="utf-8")
    handler.setFormatter(_Lines())
    logger = logging.getLogger(service)
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    logger.setLevel(LEVELS[level.lower()])
    logger.propagate = False
    return logger
