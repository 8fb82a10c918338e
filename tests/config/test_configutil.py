"""What configutil shows, and what it refuses: then nothing is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.conftest import Configutil
from webmail.config import load
from webmail.config.configuration import REGISTRY
from webmail.config.configutil import main
from webmail.config.kinds import BOOL
from webmail.config.param import LIVE, UNSUPPORTED

ROOT = Path(__file__).parents[2]
BOOLS = [it.name for it in REGISTRY if it.param.kind is BOOL and it.param.effect is not UNSUPPORTED]
CONNLIMITS = {
    "be address|mask:number, separated by commas, such as 0.0.0.0|0.0.0.0:20": (
        "20",
        "0.0.0.0:20",
        "0.0.0.0|0.0.0.0",
        "0.0.0.0|0.0.0.0:",
        "0.0.0.0|0.0.0.0:-1",
        "0.0.0.0|0.0.0.0:many",
    ),
    "name addresses with their masks, such as 192.0.2.0|255.255.255.0": (
        "10.0.0.0|255.0.255.0:5",
        "10.0.0.0|0.0.0.255:5",
        "10.0.0.0|8:5",
        "10.0.0|255.0.0.0:5",
        "::1|255.0.0.0:5",
        "10.0.0.0|ffff:::5",
        "0.0.0.0|0.0.0.0:20,|:20",
        "0.0.0.0|0.0.0.0:20;10.0.0.0|255.0.0.0:5",
    ),
    "allow at least 1 connection per address": ("0.0.0.0|0.0.0.0:0",),
}
QUOTA = "must be a number of bytes such as 2097152, 2M or 2G, or -1 for no limit"
UNKNOWN = (
    "service.http.prot: there is no such parameter;"
    " did you mean service.http.port or service.http.sslport or service.http.spoolquota?"
)
UNSUPPORTED_NAMES = [it.name for it in REGISTRY if it.param.effect is UNSUPPORTED]
SETTABLE = [it.name for it in REGISTRY if it.param.effect is not UNSUPPORTED]


@pytest.mark.parametrize(
    ("text", "value"),
    [(word.upper() if upper else word, value)
     for upper in (False, True)
     for words, value in ((("yes", "1", "on", "true"), True), (("no", "0", "off", "false"), False))
     for word in words],
)  # fmt: skip
def test_a_switch_in_every_spelling(text: str, value: bool, configutil: Configutil, conf: Path) -> None:
    assert configutil("-o", "service.http.ipsecurity", "-v", text).status == 0
    assert load(conf).http.ipsecurity is value


@pytest.mark.parametrize("name", BOOLS)
def test_each_switch_refuses_what_is_no_switch(name: str, configutil: Configutil, conf: Path) -> None:
    said = configutil("-o", name, "-v", "maybe")
    assert said.status == 1
    assert said.err == (
        f"configutil: {name}: must be yes or no (also 1 or 0, on or off, true or false), not “maybe”\n"
    )
    assert not conf.exists()


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("service.http.port", "eighty", "must be a whole number, not “eighty”"),
        ("service.http.port", "8 0", "must be a whole number, not “8 0”"),
        ("service.http.port", "80.0", "must be a whole number, not “80.0”"),
        ("service.http.port", "٨٠", "must be a whole number, not “٨٠”"),
        ("service.http.port", "0", "must be at least 1, not “0”"),
        ("service.http.port", "65536", "must be at most 65535, not “65536”"),
        ("service.http.port", "9" * 19, f"must be a whole number, not “{'9' * 19}”"),
        ("service.http.idletimeout", "2", "must be at least 3 minutes, not “2”"),
        ("service.pop.idletimeout", "9", "must be at least 10 minutes, not “9”"),
        ("service.imap.idletimeout", "29", "must be at least 30 minutes, not “29”"),
        ("service.http.plaintextmincipher", "-2", "must be at least -1, not “-2”"),
        ("service.http.maxmessagesize", "5M", "must be a whole number, not “5M”"),
        ("service.http.maxmessagesize", "0", "must be at least 1, not “0”"),
        ("service.http.sessiontimeout", "0", "must be at least 1, not “0”"),
        ("service.http.smtphost", "two words", "must be a host name or an IP address, not “two words”"),
        ("service.http.smtphost", "-x", "must be a host name or an IP address, not “-x”"),
        ("service.http.spooldir", "spool", "must be an absolute path (it begins with /), not “spool”"),
        ("service.listenaddr", "localhost", "must be an IP address, not “localhost”"),
        (
            "service.loginseparator",
            "ab",
            "must be one or more of the characters that no name contains, such as @ or",
        ),
        (
            "service.http.trustedproxies",
            "10.0.0.0/8 x",
            "must be IP addresses or networks such as 192.0.2.0/24",
        ),
        ("local.directory.type", "ldap", "must be one of local, imap, not “ldap”"),
        ("local.service.proxy.login.store1.example.com", "me", "must be one of admin, user, not “me”"),
        (
            "logfile.http.loglevel",
            "loud",
            "must be one of Nolog, Critical, Error, Warning, Notice, Information, De",
        ),
        ("local.timezone", "Mars/Olympus", "must be a time zone such as Europe/Berlin, not “Mars/Olympus”"),
        (
            "local.timezone",
            "../../etc/passwd",
            "must be a time zone such as Europe/Berlin, not “../../etc/passwd”",
        ),
        ("local.language", "English", "must be a language such as en or pt-BR, not “English”"),
        ("service.pop.banner", "x" * 8193, "must not be longer than 8192 characters\n"),
        *(
            ("service.imap.connlimits", text, f"must {problem}, not “{text}”")
            for problem, texts in CONNLIMITS.items()
            for text in texts
        ),
        ("store.defaultmailboxquota", "-2", "must be at least -1, not “-2”"),
        ("store.defaultmailboxquota", "9999999T", "must be at most 1152921504606846976, not “9999999T”"),
        *(
            ("store.defaultmailboxquota", text, f"{QUOTA}, not “{text}”")
            for text in ("2MB", "2.5M", "M", "٢")
        ),
        ("store.defaultmessagequota", "2M", "must be a whole number, not “2M”"),
        ("store.quotawarn", "101", "must be at most 100 percent, not “101”"),
        ("store.partition.old.path", "disk", "must be an absolute path (it begins with /), not “disk”"),
        ("local.imap.manageaccounturl", "ftp://a.example", "must be a web address such as https://mail.ex"),
        ("local.imap.manageaccounturl", "https://a.example/a b", "must be a web address such as https://"),
        ("service.imap.maxmessagesize", "0", "must be at least 1, not “0”"),
    ],
)
def test_a_wrong_value_is_refused(
    name: str, text: str, problem: str, configutil: Configutil, conf: Path
) -> None:
    said = configutil("-o", name, "-v", text)
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"configutil: {name}: {problem}")
    assert not conf.exists()


CONTROLS = ["\n", "\r", "\0", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\udcff"]


@pytest.mark.parametrize("name", SETTABLE)
def test_no_value_holds_a_control_character(name: str, configutil: Configutil, conf: Path) -> None:
    for character in CONTROLS:
        said = configutil("-o", name, "-v", f"a{character}b = c")
        assert said.status == 1
        assert "must not contain control characters or line breaks" in said.err
        assert character not in said.err.removesuffix("\n")
    assert not conf.exists()


@pytest.mark.parametrize("name", UNSUPPORTED_NAMES)
def test_what_does_nothing_yet_is_refused(name: str, configutil: Configutil, conf: Path) -> None:
    """Never silently accepted, whatever the value."""
    for text in ("yes", "1", "", "x"):
        said = configutil("-o", name, "-v", text)
        assert (said.status, said.err) == (1, f"configutil: {name}: not supported yet, so it cannot be set\n")
    assert not conf.exists()


@pytest.mark.parametrize("name", SETTABLE)
def test_each_parameter_can_be_set_to_its_default_and_deleted(
    name: str, configutil: Configutil, conf: Path
) -> None:
    default = configutil("-o", name).out.removesuffix("\n")
    assert configutil("-o", name.upper(), "-v", default).status == 0
    assert f"\n{name} = " in conf.read_text() or not default
    assert configutil("-o", name).out == default + "\n"
    assert load(conf) == load(conf.with_name("none"))
    assert configutil("-o", name, "-d").status == 0
    assert name not in conf.read_text()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("service.http.prot", "service.http.port"),
        ("service.htpp.port", "service.http.port"),
        ("http.port", "service.http.port"),
        ("idletimeout", "service.http.idletimeout"),
        ("local.service.proxy.imapports", "local.service.proxy.imapport"),
        ("local.service.proxy.adminpasswd", "local.service.proxy.adminpass"),
        ("service.loginseperator", "service.loginseparator"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    name: str, near: str, configutil: Configutil, conf: Path
) -> None:
    for options in (["-v", "1"], ["-d"], []):
        said = configutil("-o", name, *options)
        assert (said.status, said.out) == (1, "")
        assert said.err.startswith(f"configutil: {name}: there is no such parameter; did you mean ")
        assert near in said.err
    assert not conf.exists()


def test_a_name_like_no_other(configutil: Configutil, conf: Path) -> None:
    said = configutil("-o", "xyzzy", "-v", "1")
    assert (said.status, said.err) == (1, "configutil: xyzzy: there is no such parameter\n")
    assert not conf.exists()


@pytest.mark.parametrize(
    "name",
    [
        "service.http.port.store1.example.com",
        "local.service.proxy.defaulthost.store1.example.com",
        "local.service.proxy.imapport.",
        "local.service.proxy.imapport.not a host",
        "local.service.proxy.imapport.a..b",
        "local.service.proxy.imapport.a=b",
        "local.service.proxy.imapport.store1.example.com_file",
        "local.store.notifyplugin.nosuchmsg.enable",
        "store.partition.a/b.path",
        "store.partition.a.b.path",
        "store.partition.path",
    ],
)
def test_only_some_parameters_are_per_host(name: str, configutil: Configutil, conf: Path) -> None:
    assert configutil("-o", name, "-v", "1").status == 1
    assert not conf.exists()


def test_a_language_variant_is_refused(configutil: Configutil, conf: Path) -> None:
    said = configutil("-o", "service.pop.banner;lang-de", "-v", "Hallo")
    assert said.status == 1
    assert "values by language (NAME;lang-xx) are not supported" in said.err
    assert not conf.exists()


def test_clearing(configutil: Configutil, conf: Path) -> None:
    """-v "" empties a text; a number, a switch, a word goes back to its default."""
    for name, text, cleared in (
        ("service.pop.banner", "hello", ""),
        ("service.http.smtphost", "mta.example.com", ""),
        ("service.http.port", "8080", "80"),
        ("service.http.ipsecurity", "no", "yes"),
        ("service.loginseparator", "@+", "@"),
        ("local.datadir", "/srv/mail", "/var/lib/webmail"),
    ):
        assert configutil("-o", name, "-v", text).status == 0
        assert configutil("-o", name, "-v", "").status == 0
        assert configutil("-o", name).out == cleared + "\n"
    assert conf.read_text().splitlines()[1:] == ['service.pop.banner = ""', 'service.http.smtphost = ""']


def test_the_whole_list(configutil: Configutil) -> None:
    """Every parameter once, sorted, one line each."""
    lines = configutil().out.splitlines()
    names = [line.split(" = ")[0] for line in lines]
    assert names == sorted({it.name for it in REGISTRY})
    assert "service.http.port = 80" in lines
    assert 'service.http.smtphost = ""' in lines


def test_a_list_of_what_has_a_text_in_its_name(configutil: Configutil) -> None:
    configutil("-o", "local.service.proxy.imapport.store1.example.com", "-v", "1143")
    assert configutil("-p", "PROXY.imapp").out == (
        "local.service.proxy.imapport = 143\nlocal.service.proxy.imapport.store1.example.com = 1143\n"
    )
    said = configutil("-p", "xyzzy")
    assert (said.status, said.out) == (1, "")
    assert said.err == "configutil: no parameter has “xyzzy” in its name\n"


def test_description(configutil: Configutil) -> None:
    assert configutil("-H", "-m", "-p", "http.idletimeout").out == (
        "service.http.idletimeout = 3 [REFRESHABLE]\n"
        "    Idle time after which a connection is dropped; may be raised, never lowered."
        " The person stays signed in.\n"
        "    Type: whole number of minutes, at least 3. Default: 3.\n"
    )
    said = configutil("-H", "-o", "local.service.proxy.login")
    assert said.out.startswith("admin\n    How a user is signed in")
    assert "For one host: local.service.proxy.login.HOST." in said.out


def test_every_parameter_describes_itself(configutil: Configutil) -> None:
    assert configutil("-H").out.count("    Type: ") == len(list(REGISTRY))


def test_check_of_the_whole_file(configutil: Configutil, conf: Path) -> None:
    conf.write_text(
        "service.http.port = http\n"
        "service.http.prot = 80\n"
        "service.http.domainallowed = ALL\n"
        "just words\n"
        'service.pop.banner = "open\n'
        "service.imap.port = 143\n"
        "SERVICE.imap.port = 144\n"
    )
    said = configutil("-V")
    assert said.status == 1
    assert said.out.splitlines() == [
        f"{conf}, line 1: service.http.port: must be a whole number, not “http”",
        f"{conf}, line 2: {UNKNOWN}",
        f"{conf}, line 3: service.http.domainallowed: not supported yet",
        f"{conf}, line 4: is neither `name = value` nor a comment (#)",
        f"{conf}, line 5: service.pop.banner: the quote is not closed",
        f"{conf}, line 7: service.imap.port: was set before, in line 6; only the last line holds",
    ]


def test_check_of_values_together(configutil: Configutil, conf: Path) -> None:
    conf.write_text("local.service.proxy.imapssl = yes\nservice.http.sslusessl = no\n")
    said = configutil("-V")
    assert said.status == 1
    assert said.out.startswith(
        f"{conf}: local.service.proxy.imapssl: IMAP over SSL needs service.http.sslusessl"
    )


def test_check_warns_of_a_file_that_others_may_read(configutil: Configutil, conf: Path) -> None:
    conf.write_text("local.service.proxy.admin = a\nlocal.service.proxy.adminpass = b\n")
    conf.chmod(0o644)
    said = configutil("-V")
    assert said.status == 0
    assert said.out == f"{conf}: others than its owner may read it, and it holds secrets (chmod 600)\n"
    conf.chmod(0o600)
    assert configutil("-V").out == ""


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["-v", "1"], "-v needs -o NAME"),
        (["-d"], "-d needs -o NAME"),
        (["-o", "service.http.port", "-v", "1", "-d"], "-v and -d exclude each other"),
        (
            ["-o", "service.http.port", "-v", "80", "81"],
            "“81” is not an option; a value with blanks needs quotes",
        ),
        (["-o", "a", "-o", "b"], "-o is given twice"),
        (["-o"], "option -o requires argument"),
        (["-e"], "option -e not recognized"),
        (["-p", "x", "-V"], "-p and -V exclude each other"),
    ],
)
def test_options_that_make_no_sense(
    options: list[str], problem: str, configutil: Configutil, conf: Path
) -> None:
    said = configutil(*options)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"configutil: {problem}\nusage: configutil ")
    assert not conf.exists()


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(configutil: Configutil, option: str) -> None:
    said = configutil(option)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("usage: configutil ")


def test_a_value_may_begin_with_a_dash(configutil: Configutil) -> None:
    """As with getopt(3): -v takes what follows."""
    for name, text in (("service.http.plaintextmincipher", "-1"), ("local.service.proxy.adminpass", "-o -v")):
        assert configutil("-o", name, "-v", text).status == 0
        assert configutil("-o", name).out == text + "\n"


def test_which_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """-f goes before $WEBMAIL_CONF."""
    monkeypatch.setenv("WEBMAIL_CONF", str(tmp_path / "environment"))
    assert main(["-o", "service.http.port", "-v", "81"]) == 0
    assert main(["-f", str(tmp_path / "option"), "-o", "service.http.port", "-v", "82"]) == 0
    assert main(["-o", "service.http.port"]) == 0
    assert capsys.readouterr().out == "81\n"
    assert load(tmp_path / "option").http.port == 82


def test_a_host_without_its_own_value_has_the_common_one(configutil: Configutil) -> None:
    configutil("-o", "local.service.proxy.imapport", "-v", "1143")
    assert configutil("-o", "local.service.proxy.imapport.store9.example.com").out == "1143\n"


def test_unreadable_and_unwritable(configutil: Configutil, conf: Path) -> None:
    conf.mkdir()
    said = configutil("-o", "service.http.port")
    assert (said.status, said.err) == (1, f"configutil: {conf}: cannot be read: Is a directory\n")


def test_no_directory_to_write_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "none" / "webmail.conf"
    assert main(["-f", str(file), "-o", "service.http.port", "-v", "80"]) == 1
    assert capsys.readouterr().err == f"configutil: {file}: cannot be written: No such file or directory\n"


def test_a_reader_who_goes_away(conf: Path) -> None:
    """`configutil | head -1` ends without a traceback."""
    command = f"{sys.executable} -m webmail.config.configutil -f {conf} | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, cwd=ROOT, env=os.environ)
    assert done.stderr == b""


def test_hostile_file_does_not_reach_the_terminal(configutil: Configutil, conf: Path) -> None:
    conf.write_bytes(b"service.pop.banner = \x1b[2J\xff\n")
    assert configutil("-p", "pop.banner").out == "service.pop.banner = \\x1b[2J\\udcff\n"
    assert "\x1b" not in configutil("-V").out


def test_nothing_of_a_service_that_is_still_to_come_is_live() -> None:
    """It is only checked and stored."""
    live = {it.name for it in REGISTRY if it.param.effect is LIVE}
    assert not {name for name in live if ".pop." in name or ".notifyplugin" in name or ".ens." in name}


def test_live_parameters_are_read_by_somebody() -> None:
    """A parameter that nothing reads does nothing, and may not be accepted as if it did."""
    files = [file for file in (ROOT / "webmail").rglob("*.py") if "config" not in file.parts]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    live = [it for it in REGISTRY if it.param.effect is LIVE and not it.name.endswith("_file")]
    assert [it.name for it in live if not re.search(rf"\.{it.param.attribute}\b", text)] == []
