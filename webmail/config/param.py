"""The machinery of declarations: a parameter is declared once, as an attribute of its section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, replace
from enum import Enum
from typing import Any, ClassVar, Generic, Self, TypeVar, cast, dataclass_transform, overload

from webmail.config.errors import BadValue
from webmail.config.kinds import PATH, SECRET, Kind, kind_of, refuse_unprintable

T = TypeVar("T")

MEMBER = "*"  # stands in a family's name for the part that tells its members apart


class Effect(Enum):
    """What happens when a parameter is set."""

    LIVE = "takes effect"
    STORED = "checked and stored; its service comes later"
    UNSUPPORTED = "not supported yet; it cannot be set"


LIVE, STORED, UNSUPPORTED = Effect.LIVE, Effect.STORED, Effect.UNSUPPORTED


@dataclass(frozen=True, slots=True)
class Param(Generic[T]):
    """All there is to know about one parameter. On an instance of its section it reads as its value."""

    default: T
    help: str
    kind: Kind[T]
    unit: str
    at_least: int | None
    at_most: int | None
    per_host: bool
    refreshable: bool
    effect: Effect
    extension: bool
    members: tuple[str, ...] | None  # of a family: its members; () if any name may be one
    name: str = ""
    attribute: str = ""

    @property
    def secret(self) -> bool:
        return self.kind is SECRET

    def read(self, text: str) -> T:
        """The value that a text stands for. Raises BadValue, which never repeats the text."""
        refuse_unprintable(text)
        text = text if self.kind.exact else text.strip()
        if not text and not self.kind.empty:
            return self.default
        value = self.kind.read(text)
        if isinstance(value, int) and not isinstance(value, bool):
            self._bound(value)
        return value

    def _bound(self, value: int) -> None:
        if self.at_least is not None and value < self.at_least:
            raise BadValue(f"must be at least {self._with_unit(self.at_least)}")
        if self.at_most is not None and value > self.at_most:
            raise BadValue(f"must be at most {self._with_unit(self.at_most)}")

    def _with_unit(self, number: int) -> str:
        return f"{number} {self.unit}" if self.unit and abs(number) != 1 else str(number)

    def write(self, value: T) -> str:
        return self.kind.write(value)

    @overload
    def __get__(self, section: None, owner: type[Section]) -> Param[T]: ...
    @overload
    def __get__(self, section: Section, owner: type[Section]) -> T: ...
    def __get__(self, section: Section | None, owner: type[Section]) -> Param[T] | T:
        return self if section is None else cast("T", section._values[self.attribute])  # noqa: SLF001

    def __set__(self, section: Section, value: T) -> None:
        raise FrozenInstanceError(f"cannot assign to {self.name}")


def param(
    default: T,
    help: str,  # noqa: A002  the word that everyone uses for it
    *,
    kind: Kind[T] | None = None,
    unit: str = "",
    at_least: int | None = None,
    at_most: int | None = None,
    per_host: bool = False,
    refreshable: bool = True,
    effect: Effect = LIVE,
    extension: bool = False,
    name: str | None = None,
) -> T:
    """Declare a parameter of a section.

    `kind` follows from the default's type if not given; a default of type Secret makes it a secret,
    which can also come from a file named by `NAME_file`. `per_host`: a host's name may be appended.
    `refreshable`: `refresh` is enough, no restart. `extension`: ours, not the manual's. `name` after
    the prefix is the attribute's unless it is no identifier; `""` means the prefix itself.
    """
    kind = kind or cast("Kind[T]", kind_of(default))
    declared = Param(
        default=default,
        help=help,
        kind=kind,
        unit=unit or kind.unit,
        at_least=at_least,
        at_most=at_most,
        per_host=per_host,
        refreshable=refreshable,
        effect=effect,
        extension=extension,
        members=None,
        name="" if name is None else f".{name}",
    )
    return cast("T", declared)


def family(
    default: T,
    help: str,  # noqa: A002  the word that everyone uses for it
    *,
    name: str,
    members: tuple[str, ...] = (),
    kind: Kind[T] | None = None,
    refreshable: bool = True,
) -> Mapping[str, T]:
    """Declare parameters that differ in one part of their name, written `*` in `name`.

    The value is a mapping: of all `members`, or, where any name may be one, of those that were set.
    """
    declared = cast("Param[T]", param(default, help, name=name, kind=kind, refreshable=refreshable))
    return cast("Mapping[str, T]", replace(declared, members=members))


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Section:
    """Parameters with a common prefix, and their values; an instance never changes."""

    prefix: ClassVar[str] = ""
    params: ClassVar[Mapping[str, Param[Any]]] = {}
    _values: dict[str, Any]
    _hosts: dict[str, dict[str, Any]]

    def __init_subclass__(
        cls, prefix: str = "", effect: Effect | None = None, without: tuple[str, ...] = ()
    ) -> None:
        """Take the parameters of the class and of those above it.

        `effect` overrules theirs; those named in `without` are not supported in this section.
        """
        super().__init_subclass__()
        cls.prefix = prefix
        found = {**cls.params, **{key: it for key, it in vars(cls).items() if isinstance(it, Param)}}
        if unknown := set(without) - found.keys():
            raise TypeError(f"{cls.__name__} has no {', '.join(sorted(unknown))}")
        if prefix:
            effects = dict.fromkeys(without, UNSUPPORTED)
            found = {key: _placed(it, prefix, key, effects.get(key, effect)) for key, it in found.items()}
            found |= {it.attribute: it for it in map(_companion, found.values()) if it}
        cls.params = found
        for attribute, declared in found.items():
            setattr(cls, attribute, declared)

    def __init__(self, **values: Any) -> None:
        unknown = values.keys() - self.params.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        object.__setattr__(self, "_values", {**_defaults(self.params), **values})
        object.__setattr__(self, "_hosts", {})

    def __setattr__(self, attribute: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to {attribute}")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Section):
            return NotImplemented
        return self._values == other._values and self._hosts == other._hosts

    __hash__ = None  # type: ignore[assignment]  # equal by value, and values may be mappings

    def __repr__(self) -> str:
        told = (
            f"{key}={value!r}" for key, value in self._values.items() if value != self.params[key].default
        )
        return f"{type(self).__name__}({', '.join(told)})"


class PerHost(Section):
    """A section whose parameters may be set for a host of their own."""

    @property
    def overridden_hosts(self) -> tuple[str, ...]:
        """The hosts that have a value of their own for at least one parameter; lower case, sorted."""
        return tuple(sorted(self._hosts))

    def at(self, host: str) -> Self:
        """These parameters as they hold for one host."""
        return type(self)(**{**self._values, **self._hosts.get(host_key(host), {})})

    @classmethod
    def with_hosts(cls, values: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]]) -> Self:
        """Values for all hosts, and those of single hosts that go before them."""
        section = cls(**values)
        section._hosts.update({host_key(host): dict(own) for host, own in hosts.items()})
        return section


def host_key(host: str) -> str:
    """A host's name as it is compared: in any case, with or without the final dot."""
    return host.lower().removesuffix(".")


def _defaults(params: Mapping[str, Param[Any]]) -> dict[str, Any]:
    return {
        key: it.default if it.members is None else dict.fromkeys(it.members, it.default)
        for key, it in params.items()
    }


def _placed(declared: Param[Any], prefix: str, attribute: str, effect: Effect | None) -> Param[Any]:
    """The parameter with its full name; its default must be one of its own values."""
    rest = declared.name.removeprefix(".") if declared.name else attribute
    name = f"{prefix}.{rest}".removesuffix(".").lower()
    placed = replace(declared, name=name, attribute=attribute, effect=effect or declared.effect)
    if placed.read(placed.write(placed.default)) != placed.default:
        raise TypeError(f"{name}: its default is not one of its values")
    return placed


def _companion(secret: Param[Any]) -> Param[str] | None:
    """Beside each secret, the parameter that names a file with it."""
    if not secret.secret:
        return None
    return Param(
        default="",
        help=f"File with the value of {secret.name}, which then need not stand in the configuration.",
        kind=PATH,
        unit="",
        at_least=None,
        at_most=None,
        per_host=secret.per_host,
        refreshable=secret.refreshable,
        effect=secret.effect,
        extension=True,
        members=None,
        name=f"{secret.name}_file",
        attribute=f"{secret.attribute}_file",
    )
