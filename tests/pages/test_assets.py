"""Static files: addresses that change with the content, and what browsers may keep."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Message, Scope

from tests.conftest import Run
from webmail.http.pages.assets import Assets, share


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.css").write_text("a {}")
    (tmp_path / "deep" / "b.js").write_text("b;")
    (tmp_path / "secret.key").write_text("no")
    return Assets(tmp_path)


def get(run: Run, assets: Assets, path: str, accept: str = "") -> tuple[int, dict[str, str], bytes]:
    app = Starlette(routes=[Mount("/static", app=assets)])
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [(b"accept-encoding", accept.encode())],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    run(app(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def test_a_file_is_kept_for_ever_under_its_own_address(run: Run, assets: Assets) -> None:
    status, headers, body = get(run, assets, assets.url("deep/b.js"))
    assert (status, body) == (200, b"b;")
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"].startswith("text/javascript")


def test_packed_for_who_takes_it(run: Run, assets: Assets) -> None:
    _status, headers, body = get(run, assets, assets.url("a.css"), "br, gzip")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == b"a {}"


def test_a_page_left_open_over_an_update_still_gets_its_file(run: Run, assets: Assets) -> None:
    status, headers, _body = get(run, assets, "/static/0123456789abcdef/a.css")
    assert status == 200
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/x/none.css", "/x/../a.css", "/x/secret.key", "/", "/a.css", "/x/a.css/"])
def test_nothing_but_our_files(run: Run, assets: Assets, path: str) -> None:
    assert get(run, assets, f"/static{path}")[0] == 404


def test_a_template_cannot_name_a_missing_file(assets: Assets) -> None:
    with pytest.raises(KeyError):
        assets.url("none.css")


def test_the_address_changes_with_any_content(assets: Assets, tmp_path: Path) -> None:
    (tmp_path / "deep" / "b.js").write_text("c;")
    assert Assets(tmp_path).version != assets.version


def test_first_load_is_small() -> None:
    """20 kB of styles and 60 kB of scripts, packed, is what a first load may weigh."""
    files = list(share("static").rglob("*"))
    for suffix, most in ((".css", 20_000), (".js", 60_000)):
        packed = sum(len(gzip.compress(file.read_bytes())) for file in files if file.suffix == suffix)
        assert packed < most, suffix
