"""The machinery: declared once, typed, frozen, and wrong declarations fail when they are imported."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.config import Config, of
from webmail.config.configuration import REGISTRY, SECTIONS
from webmail.config.errors import BadValue
from webmail.config.http import Http
from webmail.config.kinds import CONNLIMITS, INT, choice
from webmail.config.param import LIVE, STORED, UNSUPPORTED, PerHost, Section, param
from webmail.config.proxy import Proxy
from webmail.config.registry import Registry


def test_an_attribute_is_the_value_and_has_its_type() -> None:
    port: int = Http().port
    assert (port, Http(port=0).port, Http.port.name) == (80, 0, "service.http.port")  # type: ignore[attr-defined]


def test_sections_are_frozen() -> None:
    section = Http()
    for attribute in ("port", "nonsense"):
        with pytest.raises(FrozenInstanceError):
            setattr(section, attribute, 1)
    with pytest.raises(TypeError, match="Http has no nonsense"):
        Http(nonsense=1)  # type: ignore[call-arg]
    with pytest.raises(FrozenInstanceError):
        Config().http = section  # type: ignore[misc]


def test_equal_by_value_and_picklable() -> None:
    """A refresh can see what changed; processes can be handed a configuration."""
    first = of({"service.http.port": "81", "local.service.proxy.admin.a.example": "x"})
    assert first == of({"SERVICE.http.port": "81", "local.service.proxy.admin.A.example.": "x"})
    assert first != of({"service.http.port": "81"})
    assert pickle.loads(pickle.dumps(first)) == first
    assert repr(first.http) == "Http(port=81)"


def test_hosts() -> None:
    proxy = of(
        {
            "local.service.proxy.imapport": "1143",
            "local.service.proxy.admin": "common",
            "local.service.proxy.imapport.B.example": "2143",
            "local.service.proxy.imapssl.a.example": "on",
        }
    ).proxy
    assert proxy.overridden_hosts == ("a.example", "b.example")
    assert [proxy.at(host).imapport for host in ("b.example", "B.EXAMPLE.", "a.example", "")] == [
        2143,
        2143,
        1143,
        1143,
    ]
    assert [proxy.at(host).imapssl for host in ("a.example", "b.example")] == [True, False]
    assert proxy.at("a.example").admin == "common"
    assert isinstance(proxy.at("a.example"), Proxy)


def test_families() -> None:
    notify = of(
        {
            "local.store.notifyplugin.ReadMsg.enable": "0",
            "local.store.notifyplugin.libibiff.LogUser.enable": "1",
            "local.store.notifyplugin.noneInbox.enable": "1",
            "local.store.notifyplugin.ensEventKey": "enp://127.0.0.1/store/%M",
        }
    ).notify
    assert (notify.events["readmsg"], notify.events["newmsg"]) == (False, True)
    assert (notify.plugin_loguser, notify.plugin_msgflags) == ({"libibiff": True}, {})
    assert (notify.noneinbox, notify.enseventkey) == (True, "enp://127.0.0.1/store/%M")


def test_a_name_declared_twice_fails() -> None:
    class First(Section, prefix="x.y"):
        z: int = param(1, "One.")

    class Second(Section, prefix="x"):
        other: int = param(1, "Two.", name="Y.z")

    with pytest.raises(TypeError, match=r"x\.y\.z is declared twice"):
        Registry({"first": First, "second": Second})


@pytest.mark.parametrize("default", [0, 11])
def test_a_default_out_of_bounds_fails(default: int) -> None:
    with pytest.raises(BadValue):
        type("Wrong", (Section,), {"it": param(default, "", at_least=1, at_most=10)}, prefix="x")


def test_a_section_may_leave_out_what_is_common() -> None:
    class Common(Section):
        size: int = param(1, "One.")
        speed: int = param(1, "One.")

    class Slow(Common, prefix="slow", without=("speed",)):
        pass

    assert [(it.name, it.param.effect) for it in Registry({"slow": Slow})] == [
        ("slow.size", LIVE),
        ("slow.speed", UNSUPPORTED),
    ]
    with pytest.raises(TypeError, match="Wrong has no sped"):
        type("Wrong", (Common,), {}, prefix="x", without=("sped",))


@given(
    st.lists(
        st.tuples(
            st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)),
            st.integers(0, 32),
            st.integers(1, 9_999_999),
        )
    )
)
def test_connlimits_go_round(realms: list[tuple[IPv4Address | IPv6Address, int, int]]) -> None:
    limits = tuple((ip_network((ip, bits), strict=False), most) for ip, bits, most in realms)
    assert CONNLIMITS.read(CONNLIMITS.write(limits)) == limits


def test_connlimits_as_the_manual_writes_them() -> None:
    imap = of({"service.imap.connlimits": "10.1.2.3|255.0.0.0:100, ::|:::5,0.0.0.0|0.0.0.0:20,"}).imap
    assert imap.connlimits == (
        (ip_network("10.0.0.0/8"), 100),
        (ip_network("::/0"), 5),
        (ip_network("0.0.0.0/0"), 20),
    )


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("-1", -1),
        ("0", 0),
        ("2097152", 2 << 20),
        ("2M", 2 << 20),
        ("2g", 2 << 30),
        ("3k", 3072),
        ("1T", 1 << 40),
    ],
)
def test_quotas_as_the_manual_writes_them(text: str, octets: int) -> None:
    assert of({"store.defaultmailboxquota": text}).store.defaultmailboxquota == octets


def test_a_default_that_is_none_of_the_words_fails() -> None:
    with pytest.raises(BadValue):
        type("Wrong", (Section,), {"it": param("c", "", kind=choice("a", "b"))}, prefix="x")
    with pytest.raises(TypeError, match="its default is not one of its values"):
        type("Wrong", (Section,), {"it": param("A", "", kind=choice("a", "b"))}, prefix="x")


def test_common_parameters_are_declared_once() -> None:
    class Common(Section):
        size: int = param(1, "One.", kind=INT)

    class One(Common, prefix="one"):
        pass

    class Two(Common, prefix="two", effect=STORED):
        size: int = param(2, "Two.")

    registry = Registry({"one": One, "two": Two})
    assert [it.name for it in registry] == ["one.size", "two.size"]
    assert (One().size, Two().size) == (1, 2)
    assert [it.param.effect is STORED for it in registry] == [False, True]


def test_every_parameter_has_a_help_text_and_a_fitting_default() -> None:
    for it in REGISTRY:
        assert it.param.help.endswith("."), it.name
        assert it.name == it.name.lower()
        assert it.param.read(it.param.write(it.param.default)) == it.param.default
        assert REGISTRY.find(it.name.upper()) == it


def test_only_sections_with_hosts_have_parameters_per_host() -> None:
    for section in SECTIONS.values():
        assert issubclass(section, PerHost) or not any(it.per_host for it in section.params.values())
