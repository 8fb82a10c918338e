"""Every line of the manual's chapter 5 that begins with configutil runs as it is printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.conftest import Configutil
from webmail.config import Config, load
from webmail.config.check import idle_lacking
from webmail.config.kinds import FALSE, TRUE

# As printed; words such as `number` stand for what the administrator puts there.
POP = """\
configutil -o service.pop.enable -v [ yes | no ]
configutil -o service.pop.port -v number
configutil -o service.pop.maxsessions -v number
configutil -o service.pop.idletimeout -v number
configutil -o service.pop.maxthreads -v number
configutil -o service.pop.numprocesses -v number
configutil -o service.pop.enablesslport -v 1
configutil -o service.pop.sslport -v 995
configutil -o service.pop.banner -v banner
"""
IMAP = """\
configutil -o service.imap.enable -v [ yes | no ]
configutil -o service.imap.port -v number
configutil -o service.imap.enablesslport -v [ yes | no ]
configutil -o service.imap.sslport -v number
configutil -o service.imap.plaintextmincipher -v value
configutil -o service.imap.maxsessions -v number
configutil -o service.imap.idletimeout -v number
configutil -o service.imap.maxthreads -v number
configutil -o service.imap.numprocesses -v number
configutil -o service.imap.banner -v banner
./configutil -o local.store.notifyplugin.enshost -v "ipaddress"
./configutil -o local.store.notifyplugin.enshost -v "127.0.0.1"
./configutil -o local.store.notifyplugin.enseventkey -v "eventkey"
./configutil -o local.store.notifyplugin.enseventkey -v "enp://127.0.0.1/store/%M"
./configutil -o local.store.notifyplugin -v "msg-svr-base/lib/libibiff"
./configutil -o local.store.notifyplugin.noneinbox.enable -v 1
"""
HTTP = """\
configutil -o service.http.enable -v [ yes | no ]
configutil -o service.http.port -v number
configutil -o service.http.enablesslport -v [ yes | no ]
configutil -o service.http.sslport -v number
configutil -o service.http.plaintextmincipher -v value
configutil -o service.http.maxsessions -v number
configutil -o service.http.idletimeout -v number
configutil -o service.http.sessiontimeout -v number
configutil -o service.http.maxthreads -v number
configutil -o service.http.numprocesses -v number
configutil -o service.http.spooldir -v dirpath
configutil -o service.http.maxmessagesize -v size
configutil -o service.http.smtphost -v hostname
configutil -o service.http.smtpport -v portnum
"""
LOGIN = """\
configutil -o service.loginseparator -v "@+"
"""
PLACES = {
    "number": "45",
    "value": "128",
    "banner": '"%h: ready for you"',
    "dirpath": "/var/spool/webmail",
    "size": "10485760",
    "hostname": "mta.example.com",
    "portnum": "587",
}
LINES = [line for text in (POP, IMAP, HTTP, LOGIN) for line in text.splitlines()]


def variants(line: str) -> list[str]:
    """The lines that an administrator may type for one that is printed."""
    if "[ yes | no ]" in line:
        return [line.replace("[ yes | no ]", spelling) for spelling in sorted(TRUE | FALSE)]
    return [re.sub(r"(?<=-v )(\w+)$", lambda match: PLACES.get(match[1], match[1]), line)]


@pytest.mark.parametrize("line", [variant for line in LINES for variant in variants(line)])
def test_the_line_runs_and_can_be_read_back(line: str, configutil: Configutil) -> None:
    """Exit status 0, nothing printed; `-o NAME` then prints the very value; the file loads."""
    _, *options = shlex.split(line)
    said = configutil(*options)
    assert (said.status, said.out, said.err) == (0, "", "")
    assert configutil("-o", options[1]).out == options[3] + "\n"
    lacks_certificate = re.search("(http|imap).enablesslport", line) and options[3] in TRUE
    assert configutil("-V").status == (1 if lacks_certificate else 0)


def run_as_script(tmp_path: Path, section: str) -> Config:
    """The lines of a section in a shell, with `configutil` found on the path and $WEBMAIL_CONF set."""
    wrapper = tmp_path / "configutil"
    wrapper.write_text(f'#!/bin/sh\nexec {sys.executable} -m webmail.config.configutil "$@"\n')
    wrapper.chmod(0o755)
    conf = tmp_path / "webmail.conf"
    paths = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(Path(__file__).parents[2])}
    environ = {**os.environ, **paths, "WEBMAIL_CONF": str(conf)}
    script = "\n".join(["set -e", *(variants(line)[-1] for line in section.splitlines())])
    subprocess.run(["sh", "-c", script], check=True, env=environ, cwd=tmp_path)
    return load(conf)


def test_the_section_on_http_as_a_script(tmp_path: Path) -> None:
    config = run_as_script(tmp_path, HTTP)
    assert what_the_script_set(config) == (True, 45, True, 45, 128, 45, 45, 45, 45, 45)


def test_the_section_on_imap_as_a_script(tmp_path: Path) -> None:
    """With the steps of 5.6.1: then IDLE is offered as the chapter says."""
    config = run_as_script(tmp_path, IMAP)
    imap, notify = config.imap, config.notify
    assert (imap.enable, imap.port, imap.enablesslport, imap.sslport) == (True, 45, True, 45)
    assert (imap.plaintextmincipher, imap.maxsessions, imap.idletimeout) == (128, 45, 45)
    assert (imap.maxthreads, imap.numprocesses, imap.banner) == (45, 45, "%h: ready for you")
    assert (notify.plugin, notify.enshost) == ("msg-svr-base/lib/libibiff", "127.0.0.1")
    assert idle_lacking(config) == ()


def what_the_script_set(config: Config) -> tuple[object, ...]:
    http = config.http
    assert http.spooldir == "/var/spool/webmail"
    assert (http.maxmessagesize, http.smtphost, http.smtpport) == (10_485_760, "mta.example.com", 587)
    return (
        http.enable,
        http.port,
        http.enablesslport,
        http.sslport,
        http.plaintextmincipher,
        http.maxsessions,
        http.idletimeout,
        http.sessiontimeout,
        http.maxthreads,
        http.numprocesses,
    )


@pytest.mark.parametrize("name", ["imapport", "imapssl", "admin", "adminpass"])
@pytest.mark.parametrize(
    "host", ["", ".store1.example.com", ".STORE1.Example.COM", ".192.0.2.7", ".2001:db8::7"]
)
def test_a_backend_is_configured_for_all_hosts_or_for_one(
    name: str, host: str, configutil: Configutil
) -> None:
    """Section 5.7.1: the options can be set globally, or with the backend's name appended."""
    text = {"imapport": "1143", "imapssl": "yes"}.get(name, "backend")
    assert configutil("-o", f"local.service.proxy.{name}{host}", "-v", text).status == 0
    assert configutil("-o", f"Local.Service.Proxy.{name.upper()}{host.lower()}").out == text + "\n"


def test_documented_output(configutil: Configutil) -> None:
    """`configutil -m -p service.pop`, as the reference manual shows it."""
    said = configutil("-m", "-p", "service.pop")
    printed = """\
service.pop.allowanonymouslogin = no [REFRESHABLE]
service.pop.banner = "%h %p service (%P %V)" [REFRESHABLE]
service.pop.enable = yes [NOT REFRESHABLE]
service.pop.enablesslport = no [NOT REFRESHABLE]
service.pop.idletimeout = 10 [REFRESHABLE]
service.pop.maxsessions = 600 [NOT REFRESHABLE]
service.pop.maxthreads = 250 [NOT REFRESHABLE]
"""
    assert set(printed.splitlines()) <= set(said.out.splitlines())
    assert said.out.splitlines() == sorted(said.out.splitlines())


def test_defaults_of_the_manual() -> None:
    config = load(Path("/nowhere/webmail.conf"))
    http, pop, imap = config.http, config.pop, config.imap
    assert (pop.port, imap.port, http.port) == (110, 143, 80)
    assert (pop.sslport, imap.sslport, http.sslport) == (995, 993, 443)
    assert (pop.maxsessions, imap.maxsessions, http.maxsessions) == (600, 4000, 6000)
    assert (pop.idletimeout, imap.idletimeout, http.idletimeout) == (10, 30, 3)
    assert {pop.maxthreads, imap.maxthreads, http.maxthreads} == {250}
    assert {pop.numprocesses, imap.numprocesses, http.numprocesses} == {1}
    assert (http.sessiontimeout, http.maxmessagesize, http.maxpostsize) == (7200, 5_242_880, 5_242_880)
    assert (config.proxy.imapport, config.proxy.imapssl, config.login.loginseparator) == (143, False, "@")
    assert (http.plaintextmincipher, http.ipsecurity, http.smtpport) == (0, True, 25)
