"""The files a page is made with: where they lie, and how browsers get and keep them."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

_PACKAGE = Path(__file__).resolve().parents[2]
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_FOREVER = "public, max-age=31536000, immutable"  # the address changes with the content
_BRIEFLY = "no-cache"  # asked for under the address of an older release, by a page left open


def share(kind: str) -> Path:
    """The directory `templates` or `static`: of the checkout, or inside the installed wheel."""
    checkout = _PACKAGE.parent / kind
    return checkout if (_PACKAGE.parent / "pyproject.toml").is_file() else _PACKAGE / "_share" / kind


@dataclass(frozen=True, slots=True)
class _File:
    type: str
    plain: bytes
    packed: bytes


class Assets:
    """Our static files, held in memory (they are few and small) and served under a hash of them all.

    One hash for all lets a module import its neighbours by relative addresses.
    """

    def __init__(self, directory: Path) -> None:
        self._files = dict(_read(directory))
        digest = hashlib.sha256()
        for path, file in self._files.items():
            digest.update(f"{path}\0{len(file.plain)}\0".encode() + file.plain)
        self.version = digest.hexdigest()[:16]

    def url(self, path: str) -> str:
        """The address of a file; KeyError if there is none, so that a template can’t name a missing one."""
        if path not in self._files:
            raise KeyError(path)
        return f"/static/{self.version}/{path}"

    def text(self, path: str) -> str:
        return self._files[path].plain.decode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application at /static: `/{version}/{path}`; 404 for what is not ours."""
        version, _, path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/").partition("/")
        response = self._answer(Headers(scope=scope), version, path)
        await response(scope, receive, send)

    def _answer(self, asked: Headers, version: str, path: str) -> Response:
        file = self._files.get(path)
        if file is None:
            return PlainTextResponse("Not found\n", 404)
        headers = {
            "Content-Type": file.type,
            "Cache-Control": _FOREVER if version == self.version else _BRIEFLY,
            "Vary": "Accept-Encoding",
        }
        if "gzip" not in asked.get("accept-encoding", ""):
            return Response(file.plain, headers=headers)
        return Response(file.packed, headers={**headers, "Content-Encoding": "gzip"})


def _read(directory: Path) -> list[tuple[str, _File]]:
    found = []
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.suffix in _TYPES:
            plain = path.read_bytes()
            file = _File(_TYPES[path.suffix], plain, gzip.compress(plain, mtime=0))
            found.append((path.relative_to(directory).as_posix(), file))
    return found
