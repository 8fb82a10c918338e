"""Values that do not go together keep the service from starting, in words that name the parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from webmail.config import notes, of, problems

TLS = {
    "service.http.enablesslport": "1",
    "service.http.sslcertfile": "/c.pem",
    "service.http.sslkeyfile": "/k.pem",
}
BACKEND = {"local.service.proxy.admin": "a", "local.service.proxy.adminpass": "b"}
TO_BACKEND = {"local.service.proxy.imapssl": "yes"}
TO_ONE = {"local.service.proxy.imapssl.Store1.example.com": "yes"}


def test_defaults_can_start() -> None:
    assert problems(of({})) == []
    assert problems(of(BACKEND)) == []
    assert notes(of(BACKEND)) == []


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (TO_BACKEND, "local.service.proxy.imapssl"),
        (TO_ONE, "local.service.proxy.imapssl.store1.example.com"),
        (TO_BACKEND | {"local.service.proxy.imapport.b.example": "1"},
         "local.service.proxy.imapssl, local.service.proxy.imapssl.b.example"),
    ],
)  # fmt: skip
def test_imap_over_ssl_needs_an_ssl_server(settings: dict[str, str], names: str) -> None:
    """The manual, 5.7.1: sslusessl MUST be on; that this server speaks TLS itself is advised."""
    (problem,) = problems(
        of(settings | TLS | {"service.http.sslusessl": "no", "service.http.enablesslport": "no"})
    )
    assert problem.startswith(f"{names}: IMAP over SSL needs service.http.sslusessl, or, where TLS ends at")
    assert "service.http.trustedproxies" in problem
    assert problems(of(settings)) == []
    assert any("in the clear to the browser" in note for note in notes(of(settings)))
    assert problems(of(settings | TLS)) == []
    assert not any("in the clear" in note for note in notes(of(settings | TLS)))


def test_imap_over_ssl_behind_a_reverse_proxy() -> None:
    """The exception that the administrator sets knowingly."""
    behind = {"service.http.trustedproxies": "127.0.0.1, ::1"}
    assert problems(of(TO_BACKEND | behind)) == []
    assert problems(of(TO_BACKEND | behind | {"service.http.sslusessl": "no"})) == []
    assert of(behind).http.trustedproxies == "127.0.0.1/32 ::1/128"


def test_a_host_without_tls_among_others_with() -> None:
    settings = TO_BACKEND | {
        "local.service.proxy.imapssl.plain.example": "no",
        "service.http.sslusessl": "no",
    }
    (problem,) = problems(of(settings))
    assert problem.startswith("local.service.proxy.imapssl: ")


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"service.http.enablesslport": "1"},
            "service.http.enablesslport needs a certificate in service.http.sslcert",
        ),
        (TLS | {"service.http.sslusessl": "0"}, "service.http.enablesslport needs service.http.sslusessl"),
        (TLS | {"service.http.port": "443"}, "service.http.port and service.http.sslport must differ"),
        (
            {"local.directory.type": "imap"},
            "local.directory.type = imap needs local.service.proxy.defaulthost",
        ),
        (
            {"local.service.http.smtpauthuser": "u"},
            "local.service.http.smtpauthuser needs local.service.http.smtpaut",
        ),
        (
            {"local.service.http.smtpauthpassword": "p"},
            "local.service.http.smtpauthpassword needs local.service.http",
        ),
    ],
)
def test_what_does_not_go_together(settings: dict[str, str], problem: str) -> None:
    (found,) = problems(of(settings))
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        (
            {"service.http.plaintextmincipher": "-1"},
            "service.http.plaintextmincipher is below 0: nobody can sign in",
        ),
        (
            {"service.http.plaintextmincipher": "1"},
            "service.http.plaintextmincipher is above 0, but there is no TLS",
        ),
        (
            {"service.http.spoolquota": "5"},
            "service.http.spoolquota is less than service.http.maxmessagesize",
        ),
        (
            {"service.http.sessionlifetime": "5"},
            "service.http.sessionlifetime is less than service.http.sessiontim",
        ),
    ],
)
def test_what_is_perhaps_not_meant(settings: dict[str, str], note: str) -> None:
    (found,) = notes(of(BACKEND | settings))
    assert found.startswith(note)
    assert problems(of(BACKEND | settings)) == []


@pytest.mark.parametrize("way", [TLS, {"service.http.trustedproxies": "10.0.0.1"}])
def test_passwords_only_over_tls_with_tls(way: dict[str, str]) -> None:
    assert notes(of(BACKEND | way | {"service.http.plaintextmincipher": "128"})) == []


def test_missing_administrators_are_named() -> None:
    assert notes(of({})) == [
        "local.service.proxy.admin, local.service.proxy.adminpass: not set, so sign-ins of all users will be refused"
    ]
    assert notes(of(BACKEND | {"local.service.proxy.imapport.b.example": "1"})) == []
    own = {f"local.service.proxy.{name}.b.example": "x" for name in ("admin", "adminpass")}
    (note,) = notes(of(own))
    assert note.endswith(
        "local.service.proxy.adminpass: not set, so sign-ins of other backends will be refused"
    )
    assert notes(of({"local.service.proxy.login": "user"})) == []


def test_places_under_the_data_directory() -> None:
    config = of({"local.datadir": "/srv"})
    assert (config.spooldir, config.usersfile) == (Path("/srv/http"), Path("/srv/users.sqlite"))
    assert config.spoolquota == 4 * 5_242_880
    config = of(
        {"service.http.spooldir": "/spool", "local.directory.file": "/users", "service.http.spoolquota": "9"}
    )
    assert (config.spooldir, config.usersfile, config.spoolquota) == (Path("/spool"), Path("/users"), 9)
