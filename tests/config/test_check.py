"""Values that do not go together keep the service from starting, in words that name the parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from webmail.config import notes, of, problems
from webmail.config.check import enabled, idle_lacking

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


IMAP_TLS = {"service.imap.sslcertfile": "/c.pem"}
PLUGIN = {"local.store.notifyplugin": "msg-svr-base/lib/libibiff"}
KEY = {"local.store.notifyplugin.ensEventKey": "enp://127.0.0.1/store/%M"}
ALL_MAILBOXES = {"local.store.notifyplugin.noneInbox.enable": "1"}


def test_only_the_services_asked_for_are_checked() -> None:
    config = of({"service.imap.enablesslport": "1", "local.service.http.smtpauthuser": "u"})
    assert [problems(config, {name}) for name in ("http", "imap", "pop")] == [
        ["local.service.http.smtpauthuser needs local.service.http.smtpauthpassword"],
        ["service.imap.enablesslport needs a certificate in service.imap.sslcertfile (and sslkeyfile)"],
        [],
    ]
    assert len(problems(config)) == len(problems(config, ("http", "imap"))) == 2
    assert enabled(of({"service.http.enable": "no"})) == ("imap",)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            IMAP_TLS | {"service.imap.enablesslport": "1", "service.imap.sslusessl": "0"},
            "service.imap.enablesslport needs service.imap.sslusessl",
        ),
        (
            IMAP_TLS | {"service.imap.enablesslport": "1", "service.imap.port": "993"},
            "service.imap.port and service.imap.sslport must differ",
        ),
        ({"service.http.port": "143"}, "service.http.port and service.imap.port must differ"),
        (
            IMAP_TLS | {"service.imap.enablesslport": "1", "service.http.port": "993"},
            "service.http.port and service.imap.sslport must differ",
        ),
        (
            {"store.defaultpartition": "second"},
            "store.defaultpartition: there is no partition second; set store.partition.second.path",
        ),
        (
            {"store.partition.a.path": "/disk", "store.partition.b.path": "/disk/"},
            "store.partition.a.path and store.partition.b.path must not be the same directory, nor one",
        ),
        (
            {"store.partition.a.path": "/disk/a/b", "store.partition.primary.path": "/disk/a"},
            "store.partition.a.path and store.partition.primary.path must not be the same directory, nor",
        ),
    ],
)
def test_what_does_not_go_together_for_imap(settings: dict[str, str], problem: str) -> None:
    (found,) = problems(of(settings))
    assert found.startswith(problem)


def test_a_service_that_is_off_may_have_the_port_of_another() -> None:
    assert problems(of({"service.http.port": "143", "service.imap.enable": "no"})) == []


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        (
            {"service.imap.plaintextmincipher": "-1"},
            "service.imap.plaintextmincipher is below 0: nobody can sign in with a password",
        ),
        (
            {"service.imap.plaintextmincipher": "128"},
            "service.imap.plaintextmincipher is above 0, but there is no TLS: nobody can sign in",
        ),
        ({"service.imap.sslcafile": "/ca.pem"}, "service.imap.sslcafile means nothing without TLS: set"),
        (
            {"local.directory.type": "imap", "local.service.proxy.defaulthost": "store1"},
            "local.directory.type = imap: the IMAP service asks local.service.proxy.defaulthost for each",
        ),
        (
            PLUGIN,
            "local.store.notifyplugin.enseventkey, local.store.notifyplugin.noneinbox.enable: IMAP IDLE is not",
        ),
    ],
)
def test_what_is_perhaps_not_meant_for_imap(settings: dict[str, str], note: str) -> None:
    (found,) = notes(of(BACKEND | settings))
    assert found.startswith(note)
    assert problems(of(BACKEND | settings)) == []
    assert notes(of(BACKEND | settings), ("http",)) == []


def test_starttls_is_tls_for_passwords() -> None:
    assert notes(of(BACKEND | IMAP_TLS | {"service.imap.plaintextmincipher": "128"})) == []


@pytest.mark.parametrize(
    ("settings", "lacking"),
    [
        ({}, ()),
        (KEY, ()),
        (PLUGIN | KEY | ALL_MAILBOXES, ()),
        (PLUGIN | KEY, ("local.store.notifyplugin.noneinbox.enable",)),
        (PLUGIN | ALL_MAILBOXES, ("local.store.notifyplugin.enseventkey",)),
        (PLUGIN | KEY | ALL_MAILBOXES | {"local.store.notifyplugin.ensEventKey": "enp://127.0.0.1/%M/store"},
         ("local.store.notifyplugin.enseventkey",)),
    ],
)  # fmt: skip
def test_conditions_of_idle(settings: dict[str, str], lacking: tuple[str, ...]) -> None:
    """The manual, 5.6.1; where no plug-in is set, hints of our own are one that fulfils them."""
    assert idle_lacking(of(settings)) == lacking


def test_partitions() -> None:
    assert of({"local.datadir": "/srv"}).partitions == {"primary": Path("/srv/store/partition/primary")}
    config = of(
        {
            "local.datadir": "/srv",
            "store.partition.SECOND.path": "/disk2",
            "store.partition.third.path": "",
            "store.defaultPartition": "Second",
        }
    )
    assert config.partitions == {
        "primary": Path("/srv/store/partition/primary"),
        "second": Path("/disk2"),
        "third": Path("/srv/store/partition/third"),
    }
    assert config.store.defaultpartition == "second"
    assert problems(config) == problems(of({"store.defaultpartition": "*"})) == []
    assert config.hintsdir == Path("/srv/run/hints")
