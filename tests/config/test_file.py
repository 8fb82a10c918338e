"""The file is written whole or not at all, by one writer at a time, and nothing that people wrote gets lost."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.conftest import Configutil
from webmail.config import ConfigError, changes, file, load

ROOT = Path(__file__).parents[2]
OLD = """\
# The mail of Example Inc.

  # service.http.port = 81
Service.HTTP.Port=8080
service.from.the.future   =   "kept as it is"
this is no setting
service.pop.banner = "two words"

local.service.proxy.admin.Store1.Example.COM = proxy
service.http.port = 8081
"""


def test_comments_unknown_lines_and_order_are_kept(configutil: Configutil, conf: Path) -> None:
    """A value changes in place of its old line; older lines of the same name go; new ones come last."""
    conf.write_text(OLD)
    assert configutil("-o", "service.http.port", "-v", "8082").status == 0
    assert configutil("-o", "local.service.proxy.admin.store1.example.com", "-v", "two words").status == 0
    assert configutil("-o", "service.imap.port", "-v", "1143").status == 0
    assert (
        conf.read_text()
        == """\
# The mail of Example Inc.

  # service.http.port = 81
service.http.port = 8082
service.from.the.future   =   "kept as it is"
this is no setting
service.pop.banner = "two words"

local.service.proxy.admin.store1.example.com = "two words"
service.imap.port = 1143
"""
    )


def test_deleting_an_unknown_line(configutil: Configutil, conf: Path) -> None:
    conf.write_text(OLD)
    assert configutil("-o", "Service.From.The.Future", "-d").status == 0
    assert "future" not in conf.read_text()
    assert configutil("-o", "service.from.the.future", "-d").status == 1


def test_what_is_not_utf8_is_kept(configutil: Configutil, conf: Path) -> None:
    conf.write_bytes(b"# Gr\xfc\xdfe\r\nservice.pop.port = 111\r\n")
    assert configutil("-o", "service.imap.port", "-v", "144").status == 0
    assert conf.read_bytes() == b"# Gr\xfc\xdfe\r\nservice.pop.port = 111\r\nservice.imap.port = 144\n"
    assert load(conf).pop.port == 111


def test_byte_order_mark(conf: Path) -> None:
    conf.write_text("\ufeffservice.http.port = 81\n")
    assert load(conf).http.port == 81


def test_no_change_no_write(configutil: Configutil, conf: Path) -> None:
    conf.write_text("service.http.port = 81\n")
    before = conf.stat()
    assert configutil("-o", "service.http.port", "-v", "81").status == 0
    assert configutil("-o", "service.imap.port", "-d").status == 0
    assert conf.stat().st_ino == before.st_ino


def test_mode_is_0600(configutil: Configutil, conf: Path) -> None:
    """A new file, and one that was open to all."""
    configutil("-o", "service.http.port", "-v", "81")
    assert stat.S_IMODE(conf.stat().st_mode) == 0o600
    conf.chmod(0o644)
    configutil("-o", "service.http.port", "-v", "82")
    assert stat.S_IMODE(conf.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(configutil: Configutil, conf: Path) -> None:
    conf.write_text("")
    os.chown(conf, 65534, 65534)
    configutil("-o", "service.http.port", "-v", "81")
    assert (conf.stat().st_uid, conf.stat().st_gid) == (65534, 65534)


def test_a_link_stays_a_link(configutil: Configutil, conf: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "real.conf"
    target.parent.mkdir()
    target.write_text("service.http.port = 80\n")
    conf.symlink_to(target)
    assert configutil("-o", "service.http.port", "-v", "81").status == 0
    assert conf.is_symlink()
    assert target.read_text() == "service.http.port = 81\n"


KILLED = """
import os, pathlib, signal, sys
from webmail.config import configutil, file
def die(*args): os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[1] == "sync": os.fsync = die
if sys.argv[1] == "rename": pathlib.Path.replace = die
if sys.argv[1] == "renamed": file._sync_directory = die
configutil.main(["-f", sys.argv[2], "-o", "service.http.port", "-v", "8081"])
"""


@pytest.mark.parametrize(("moment", "port"), [("sync", 8080), ("rename", 8080), ("renamed", 8081)])
def test_killed_while_writing(moment: str, port: int, configutil: Configutil, conf: Path) -> None:
    """The old file or the new one stands, whole; the next writer clears up and goes on."""
    conf.write_text("# kept\nservice.http.port = 8080\n")
    done = subprocess.run([sys.executable, "-c", KILLED, moment, str(conf)], check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    assert conf.read_text() == f"# kept\nservice.http.port = {port}\n"
    assert configutil("-o", "service.http.port", "-v", "8082").status == 0
    assert conf.read_text() == "# kept\nservice.http.port = 8082\n"
    assert sorted(it.name for it in conf.parent.iterdir()) == [".webmail.conf.lock", "webmail.conf"]


def test_disk_full(conf: Path) -> None:
    """The old file stands, and nothing half-written beside it."""
    old = "# " + "x" * 2000 + "\nservice.http.port = 8080\n"
    conf.write_text(old)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "webmail.config.configutil",
            "-f",
            str(conf),
            "-o",
            "service.http.port",
            "-v",
            "81",
        ],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (done.returncode, done.stderr) == (1, f"configutil: {conf}: cannot be written: File too large\n")
    assert conf.read_text() == old
    assert sorted(it.name for it in conf.parent.iterdir()) == [".webmail.conf.lock", "webmail.conf"]


WRITER = """
import sys
from pathlib import Path
from webmail.config import changes
for number in range(10):
    host = f"h{number}.w{sys.argv[2]}.example.com"
    changes.set_value(Path(sys.argv[1]), f"local.service.proxy.imapport.{host}", str(1000 + number))
"""


def test_several_writers_lose_nothing(conf: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(conf), str(number)], cwd=ROOT)
        for number in range(5)
    ]
    seen: list[int] = []
    while any(writer.poll() is None for writer in writers):
        seen.append(len(load(conf).proxy.overridden_hosts))  # never half a file
        time.sleep(0.005)
    assert [writer.returncode for writer in writers] == [0] * 5
    proxy = load(conf).proxy
    assert seen == sorted(seen)
    assert len(proxy.overridden_hosts) == 50
    assert proxy.at("h7.w3.example.com").imapport == 1007


def test_a_writer_waits_for_another(conf: Path) -> None:
    with conf.with_name(".webmail.conf.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        threading.Timer(0.2, lambda: fcntl.flock(other, fcntl.LOCK_UN)).start()
        changes.set_value(conf, "service.http.port", "81")
    assert load(conf).http.port == 81


def test_a_writer_does_not_wait_for_ever(
    configutil: Configutil, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "LOCK_SECONDS", 0.1)
    with conf.with_name(".webmail.conf.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        said = configutil("-o", "service.http.port", "-v", "81")
        assert configutil("-o", "service.http.port").out == "80\n"  # readers need not wait
    assert said.status == 1
    assert "somebody else is changing it; waited 0 seconds, nothing was changed" in said.err
    assert not conf.exists()


def test_a_file_too_long(conf: Path) -> None:
    conf.write_bytes(b"#" * (file.MAX_FILE + 1))
    with pytest.raises(ConfigError, match="is longer than 1048576 bytes"):
        load(conf)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("\n\nservice.http.port = 99999\n", 3, "service.http.port: must be at most 65535, not “99999”"),
        ("service.http.port 80\n", 1, "is neither `name = value` nor a comment (#)"),
        ("= 80\n", 1, "is neither `name = value` nor a comment (#)"),
        ('service.pop.banner = "', 1, "service.pop.banner: the quote is not closed"),
        (
            "local.service.proxy.imapport.store1.example.com = x",
            1,
            "local.service.proxy.imapport.store1.example.com: ",
        ),
        (
            "service.http.port = 80 # the port",
            1,
            "service.http.port: must be a whole number, not “80 # the port”",
        ),
        ("service.http.port = 80\x00", 1, "service.http.port: must not contain control characters"),
    ],
)
def test_a_wrong_line_is_named(text: str, line: int, problem: str, conf: Path) -> None:
    conf.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(conf)
    assert (caught.value.file, caught.value.line) == (conf, line)
    assert caught.value.problem.startswith(problem)
    assert str(caught.value) == f"{conf}, line {line}: {caught.value.problem}"


def test_unknown_and_unsupported_lines_are_remarks(conf: Path) -> None:
    """The file may be of another release; what means nothing is told, and nothing breaks."""
    conf.write_text(
        "service.from.the.future = 1\nservice.http.domainallowed = ALL: LOCAL\nservice.http.port = 81\n"
    )
    config = load(conf)
    assert config.http.port == 81
    assert config.remarks == (
        f"{conf}, line 1: service.from.the.future is not known and means nothing",
        f"{conf}, line 2: service.http.domainallowed is not supported yet and means nothing",
    )


def test_an_empty_value_of_a_number_is_its_default(conf: Path) -> None:
    conf.write_text('service.http.port =\nservice.http.ipsecurity = ""\n')
    assert (load(conf).http.port, load(conf).http.ipsecurity) == (80, True)


def test_where_the_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert file.locate() == Path("/etc/webmail/webmail.conf")
    monkeypatch.setenv("WEBMAIL_CONF", "/srv/webmail.conf")
    assert file.locate() == Path("/srv/webmail.conf")
    assert file.locate("mine.conf") == Path("mine.conf")


VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60)


@given(VALUES)
def test_every_value_has_its_line(value: str) -> None:
    """What is written is read back, quotes, blanks, backslashes and hashes included."""
    (line,) = file.parse(Path("x"), f"{file.written('service.pop.banner', value)}\n".encode()).lines
    assert (line.name, line.value, line.problem) == ("service.pop.banner", value, "")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_file(data: bytes) -> None:
    """Nothing is lost by reading and writing, whatever it is."""
    again = file.parse(Path("x"), data).text().encode("utf-8", "surrogateescape")
    assert again.removesuffix(b"\n") == data.removesuffix(b"\n")
    assert file.parse(Path("x"), again).lines == file.parse(Path("x"), data).lines
