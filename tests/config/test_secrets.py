"""Secrets come from three places and are never shown where they were not asked for."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from tests.config.conftest import Configutil
from webmail import log
from webmail.config import ConfigError, load, of
from webmail.config.configuration import REGISTRY
from webmail.config.param import UNSUPPORTED
from webmail.log import Secret

HUSH = "correct horse battery staple"
SECRETS = [it.name for it in REGISTRY if it.param.secret and it.param.effect is not UNSUPPORTED]


def test_which_parameters_are_secrets() -> None:
    assert {it.name for it in REGISTRY if it.param.secret} == {
        "local.service.proxy.adminpass",
        "local.service.http.smtpauthpassword",
        "local.service.http.proxy.adminpass",
        "local.ugldapbindcred",
    }


@pytest.mark.parametrize("name", [*SECRETS, "local.service.proxy.adminpass.store1.example.com"])
def test_never_in_a_listing(name: str, configutil: Configutil) -> None:
    assert configutil("-o", name, "-v", HUSH).status == 0
    for options in ([], ["-H"], ["-m"], ["-p", name], ["-V"]):
        said = configutil(*options)
        assert HUSH not in said.out + said.err
    assert f"{name} = ****\n" in configutil().out
    assert configutil("-o", name).out == HUSH + "\n"


def test_never_in_repr_or_str() -> None:
    config = of(dict.fromkeys([*SECRETS, "local.service.proxy.adminpass.b.example"], HUSH))
    assert config.proxy.adminpass == HUSH
    for shown in (config, config.proxy, config.proxy.at("b.example"), config.smtp, config.proxy.adminpass):
        assert HUSH not in repr(shown)
        assert HUSH not in str(shown)
        assert HUSH not in f"{shown}"
    assert config.proxy.at("b.example").adminpass.reveal() == HUSH


def test_never_in_an_error(configutil: Configutil, conf: Path) -> None:
    """Not in the sentence, not in the traceback, not in the objects that a debugger prints."""
    said = configutil("-o", "local.service.proxy.adminpass", "-v", HUSH + "\n")
    assert (said.status, HUSH in said.err) == (1, False)
    conf.write_text(f'local.service.proxy.adminpass = "{HUSH}\x07"\n')
    with pytest.raises(ConfigError) as caught:
        load(conf)
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in trace.stack if frame.name in {"load", "assemble", "value"}]
    assert frames
    assert HUSH not in "".join(trace.format_exception_only())
    assert not [frame for frame in frames if HUSH in str(frame.locals)]


def test_from_a_file(configutil: Configutil, conf: Path, tmp_path: Path) -> None:
    """NAME_file, for all hosts and for one; a line end behind the secret does not belong to it."""
    for number, text in enumerate((f"{HUSH}\n", f" {HUSH} \r\n")):
        (tmp_path / f"secret{number}").write_text(text, newline="")
    configutil("-o", "local.service.proxy.adminpass_file", "-v", str(tmp_path / "secret0"))
    configutil("-o", "local.service.proxy.adminpass_file.Store1.example.com", "-v", str(tmp_path / "secret1"))
    configutil("-o", "local.service.http.smtpauthpassword_file", "-v", str(tmp_path / "secret0"))
    config = load(conf)
    assert config.proxy.adminpass == HUSH
    assert config.proxy.at("store1.example.com").adminpass == f" {HUSH} "
    assert config.smtp.smtpauthpassword.reveal() == HUSH
    assert isinstance(config.smtp.smtpauthpassword, Secret)
    assert configutil("-o", "local.service.proxy.adminpass").out == HUSH + "\n"
    assert configutil("-o", "local.service.proxy.adminpass.store1.example.com").out == f" {HUSH} \n"
    assert configutil("-o", "local.service.proxy.adminpass.store2.example.com").out == HUSH + "\n"
    assert HUSH not in configutil().out
    assert "local.service.proxy.adminpass = ****\n" in configutil().out


def test_the_file_of_a_host_may_be_named_both_ways(
    configutil: Configutil, conf: Path, tmp_path: Path
) -> None:
    """`NAME.host_file` is `NAME_file.host`."""
    (tmp_path / "secret").write_text(HUSH)
    configutil("-o", "local.service.proxy.adminpass.a.example.com_file", "-v", str(tmp_path / "secret"))
    assert load(conf).proxy.at("a.example.com").adminpass == HUSH
    conf.write_text(f"local.service.proxy.adminpass.a.example.com_file = {tmp_path / 'secret'}\n")
    assert load(conf).proxy.at("a.example.com").adminpass == HUSH
    configutil("-o", "local.service.proxy.adminpass_file.a.example.com", "-d")
    assert conf.read_text() == ""


@pytest.mark.parametrize("data", [b"two\nlines\n", b"\xff\xfe", b"nul\0", b"x" * 70_000])
def test_a_file_that_holds_no_secret(data: bytes, conf: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(data)
    conf.write_text(f"local.service.proxy.adminpass_file = {tmp_path / 'secret'}\n")
    with pytest.raises(ConfigError) as caught:
        load(conf)
    assert str(caught.value) == f"{tmp_path / 'secret'}: does not hold one line of text"


def test_no_such_file(conf: Path) -> None:
    conf.write_text("local.service.proxy.adminpass_file = /nowhere/secret\n")
    with pytest.raises(ConfigError, match="/nowhere/secret: cannot be read: No such file or directory"):
        load(conf)


def test_an_empty_file_is_no_secret(conf: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    conf.write_text(f"local.service.proxy.adminpass_file = {tmp_path / 'secret'}\n")
    assert load(conf).proxy.adminpass == ""


def test_a_value_and_a_file_for_the_same_secret(configutil: Configutil, conf: Path, tmp_path: Path) -> None:
    """Which one would hold? So it is an error, when set and when read."""
    (tmp_path / "secret").write_text(HUSH)
    configutil("-o", "local.service.proxy.adminpass_file", "-v", str(tmp_path / "secret"))
    said = configutil("-o", "local.service.proxy.adminpass", "-v", "other")
    assert (said.status, "exclude each other" in said.err, "other" in conf.read_text()) == (1, True, False)
    assert configutil("-o", "local.service.proxy.adminpass.b.example", "-v", "other").status == 0
    conf.write_text(conf.read_text() + "local.service.proxy.adminpass = other\n")
    with pytest.raises(ConfigError, match="are both set"):
        load(conf)
    assert "are both set" in configutil("-V").out


def test_from_systemd(
    conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configutil: Configutil
) -> None:
    """LoadCredential= with the parameter's name; what the file says goes before it; others are not looked at."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    for name in ("local.service.proxy.adminpass", "local.service.proxy.adminpass.Store1.example.com"):
        (credentials / name).write_text(f"{name}\n")
    (credentials / "service.http.port").write_text("9999")
    (credentials / "something.else").write_text("\0")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    config = load(conf)
    assert config.proxy.adminpass.reveal() == "local.service.proxy.adminpass"
    assert config.proxy.at("store1.example.com").adminpass.reveal().endswith("Store1.example.com")
    assert config.http.port == 80
    assert configutil("-o", "local.service.proxy.adminpass").out == "local.service.proxy.adminpass\n"
    conf.write_text("local.service.proxy.adminpass = from the file\n")
    assert load(conf).proxy.adminpass.reveal() == "from the file"


def test_credentials_that_are_not_there(conf: Path) -> None:
    with pytest.raises(ConfigError, match="/nowhere: cannot be read"):
        load(conf, {"CREDENTIALS_DIRECTORY": "/nowhere"})


def test_the_log_is_for_the_service_and_its_group(tmp_path: Path) -> None:
    """Everybody on the host could read who signed in, and from where."""
    file = tmp_path / "log" / "imap.log"
    log.start("modes", "Notice", file).error("somebody came")
    assert file.stat().st_mode & 0o777 == 0o640
    log.start("modes", "Notice")
