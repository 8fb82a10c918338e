"""The file: lines `name = value`, changed in place of the old line, written whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from webmail.config.errors import ConfigError

DEFAULT = Path("/etc/webmail/webmail.conf")
VARIABLE = "WEBMAIL_CONF"
MAX_FILE = 1 << 20  # bytes; the manual's whole list of parameters is a twentieth of it
LOCK_SECONDS = 10.0  # a writer holds the lock for some milliseconds; one that holds it longer is stuck
LOCK_POLL_SECONDS = 0.05
MODE = 0o600  # the file holds passwords
_LINE = re.compile(r"\s*([^\s=#]+)\s*=(.*)", re.DOTALL)
_HEADING = "# The configuration of Webmail: name = value. configutil changes it and keeps comments.\n"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the file. `name` is in lower case; empty on a comment or with a `problem`."""

    number: int
    text: str = field(repr=False)
    name: str = ""
    value: str = field(default="", repr=False)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """The lines of a configuration file; no lines if there is no file yet."""

    path: Path
    lines: tuple[Line, ...] = field(default=(), repr=False)

    def settings(self) -> Iterator[Line]:
        return (line for line in self.lines if line.name)

    def changed(self, changes: Mapping[str, str | None], canonical: Callable[[str], str] = str.lower) -> File:
        """The same file with new values, in place of the old ones or at the end; None takes a line away."""
        left = dict(changes)
        texts: list[str] = []
        for line in self.lines:
            name = canonical(line.name) if line.name else ""
            if name not in changes:
                texts.append(line.text)
            elif (value := left.pop(name, None)) is not None:
                texts.append(written(name, value))
        texts += [written(name, value) for name, value in left.items() if value is not None]
        return File(self.path, _lines(texts))

    def text(self) -> str:
        return "".join(line.text + "\n" for line in self.lines)


def locate(option: str | os.PathLike[str] | None = None) -> Path:
    """The configuration file: the one given with -f, else $WEBMAIL_CONF, else the default."""
    return Path(option or os.environ.get(VARIABLE) or DEFAULT)


def quoted(value: str) -> str:
    """A value as it is listed: in double quotes if it is empty, holds blanks or begins with a quote."""
    needs = not value or value.startswith('"') or any(character.isspace() for character in value)
    return f'"{value}"' if needs else value


def written(name: str, value: str) -> str:
    return f"{name} = {quoted(value)}"


def unquoted(text: str) -> str | None:
    """The value behind the equals sign; None if its quote is not closed.

    One pair of quotes around all of it goes; nothing inside is special, so every value has its line.
    """
    text = text.strip()
    if not text.startswith('"'):
        return text
    return text[1:-1] if len(text) > 1 and text.endswith('"') else None


def parse(path: Path, data: bytes) -> File:
    """The lines of a file's bytes; what is not UTF-8 is kept as it is."""
    text = data.decode("utf-8", "surrogateescape").removesuffix("\n")
    return File(path, _lines(text.split("\n")) if text else ())


def read(path: Path) -> File:
    """The file, without lines if there is none. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        return File(path)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=path) from error
    if len(data) > MAX_FILE:
        raise ConfigError(f"is longer than {MAX_FILE} bytes", file=path)
    return parse(path, data)


def edit(path: Path, change: Callable[[File], File]) -> None:
    """Read, change and write the file while no other writer can.

    Raises ConfigError, also whatever `change` raises; then the old file stands.
    """
    path = path.resolve()  # where the file is a link, the file it leads to is replaced
    try:
        with _locked(path):
            old = read(path)
            new = change(old)
            if new.lines != old.lines:
                heading = "" if old.lines else _HEADING
                _replace(path, (heading + new.text()).encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=path) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock beside the file. The lock file stays: to remove it would let two writers in."""
    handle = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
    try:
        _wait_for_lock(handle, path)
        yield
    finally:
        os.close(handle)


def _wait_for_lock(handle: int, path: Path) -> None:
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                problem = (
                    f"somebody else is changing it; waited {LOCK_SECONDS:.0f} seconds, nothing was changed"
                )
                raise ConfigError(problem, file=path) from None
            time.sleep(LOCK_POLL_SECONDS)


def _replace(path: Path, data: bytes) -> None:
    """Put these bytes in the file's place such that a crash at any point leaves the old or the new."""
    fresh = path.with_name(f".{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()  # of a writer that was killed; the lock is ours now
    try:
        _write(fresh, data, path)
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    _sync_directory(path.parent)


def _write(fresh: Path, data: bytes, like: Path) -> None:
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        _keep_owner(file.fileno(), like)
        os.fsync(file.fileno())


def _keep_owner(handle: int, path: Path) -> None:
    """Where root runs configutil, the file stays readable for the user of the service."""
    with contextlib.suppress(FileNotFoundError):
        old, new = path.stat(), os.fstat(handle)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(handle, old.st_uid, old.st_gid)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lines(texts: list[str]) -> tuple[Line, ...]:
    return tuple(_line(number, text) for number, text in enumerate(texts, 1))


def _line(number: int, text: str) -> Line:
    bare = text.removeprefix("\ufeff").strip()
    if not bare or bare.startswith("#"):
        return Line(number, text)
    match = _LINE.fullmatch(bare)
    if not match:
        return Line(number, text, problem="is neither `name = value` nor a comment (#)")
    value = unquoted(match[2])
    if value is None:
        return Line(number, text, problem=f"{match[1]}: the quote is not closed")
    return Line(number, text, match[1].lower(), value)
