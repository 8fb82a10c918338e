"""`configutil -i`: everything that stands in a file, or nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.config.conftest import Configutil
from webmail.config import ConfigError, changes, load
from webmail.config.configuration import REGISTRY
from webmail.config.kinds import BOOL, FALSE, INT, TRUE, refuse_unprintable
from webmail.config.param import UNSUPPORTED, Param
from webmail.config.registry import Setting

UNKNOWN = (
    "service.http.prot: there is no such parameter;"
    " did you mean service.http.port or service.http.sslport or service.http.spoolquota?"
)


def test_lines_as_the_manual_wants_them(configutil: Configutil, conf: Path, tmp_path: Path) -> None:
    """`option=value`, no blanks around the equals sign; ours with blanks and quotes are as good."""
    source = tmp_path / "input"
    source.write_text(
        'service.http.port=8080\nSERVICE.pop.banner = "two words"\n# comment\n\nservice.imap.banner=a b\n'
    )
    assert configutil("-i", str(source)).status == 0
    config = load(conf)
    assert (config.http.port, config.pop.banner, config.imap.banner) == (8080, "two words", "a b")


def test_nothing_is_written_if_one_line_is_wrong(configutil: Configutil, conf: Path, tmp_path: Path) -> None:
    """All that is wrong is told at once."""
    conf.write_text("service.http.port = 81\n")
    source = tmp_path / "input"
    source.write_text("service.http.port=8080\nservice.http.prot=1\nservice.imap.port=x\nnonsense\n")
    said = configutil("-i", str(source))
    assert said.status == 1
    assert said.err.splitlines() == [
        f"configutil: {source}, line 2: {UNKNOWN}",
        f"{source}, line 3: service.imap.port: must be a whole number, not “x”",
        f"{source}, line 4: is neither `name = value` nor a comment (#)",
        "nothing was changed",
    ]
    assert conf.read_text() == "service.http.port = 81\n"


def test_what_is_not_supported_is_refused(configutil: Configutil, conf: Path, tmp_path: Path) -> None:
    source = tmp_path / "input"
    source.write_text("service.http.port=8080\nservice.http.allowadminproxy=yes\n")
    said = configutil("-i", str(source))
    assert said.status == 1
    assert "service.http.allowadminproxy: not supported yet" in said.err
    assert not conf.exists()


def test_no_such_file(configutil: Configutil, conf: Path) -> None:
    said = configutil("-i", "/nowhere/input")
    assert (said.status, said.err) == (1, "configutil: /nowhere/input: there is no such file\n")
    assert not conf.exists()


def test_a_listing_reads_back(configutil: Configutil, conf: Path, tmp_path: Path) -> None:
    """Of secrets it holds only ****: they stay as they are, and that is said."""
    configutil("-o", "service.pop.banner", "-v", 'a "quoted" word')
    configutil("-o", "local.service.proxy.adminpass", "-v", "hush")
    before = load(conf)
    source = tmp_path / "listing"
    source.write_text(configutil().out)
    said = configutil("-i", str(source))
    assert (said.status, said.out) == (0, "")
    assert said.err == (
        "configutil: local.service.proxy.adminpass: its value is hidden in this file, so it stays as it is\n"
    )
    assert load(conf) == before


def texts_of(setting: Setting) -> st.SearchStrategy[str]:
    param: Param[object] = setting.param
    if param.kind is BOOL:
        return st.sampled_from(sorted(TRUE | FALSE))
    if param.kind.read is INT.read:
        return st.integers(param.at_least or 0, param.at_most or 10**9).map(str)
    if param.kind.word == "text" or param.secret:
        return st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30)
    return st.just(param.write(param.default))


SETTINGS = [it for it in REGISTRY if it.param.effect is not UNSUPPORTED and not it.name.endswith("_file")]
FILLED = st.lists(st.sampled_from(SETTINGS), max_size=12, unique_by=lambda it: it.name).flatmap(
    lambda chosen: st.fixed_dictionaries({it.name: texts_of(it) for it in chosen})
)


@settings(max_examples=60, deadline=None)
@given(FILLED)
def test_the_file_reads_back(values: dict[str, str]) -> None:
    """What was set one by one, imported into an empty configuration, is the same configuration."""
    with tempfile.TemporaryDirectory() as directory:
        first, second = Path(directory, "first"), Path(directory, "second")
        first.touch()
        second.touch()
        for name, text in values.items():
            changes.set_value(first, name, text)
        changes.import_file(second, first)
        assert load(second) == load(first)
        assert second.read_text() == first.read_text()


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_name_and_no_value_breaks_it(name: str, text: str) -> None:
    """Anything is set or refused with a ConfigError, and then the file still loads."""
    with tempfile.TemporaryDirectory() as directory:
        conf = Path(directory, "conf")
        for asked in (name, f"local.service.proxy.admin.{name}", "local.service.proxy.adminpass"):
            try:
                changes.set_value(conf, asked, text)
            except ConfigError as error:
                refuse_unprintable(str(error))
            load(conf)


@pytest.mark.parametrize("name", ["service.http.port", "service.http.spooldir"])
def test_import_clears_with_an_empty_value(
    name: str, configutil: Configutil, conf: Path, tmp_path: Path
) -> None:
    source = tmp_path / "input"
    source.write_text(f"{name}=\n")
    assert configutil("-i", str(source)).status == 0
    assert load(conf) == load(tmp_path / "none")
