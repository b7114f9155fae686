"""Values as plain data for JSON, and back: dataclasses, tuples, mappings, words and numbers, by their types.

A type with `to_plain` and `from_plain` says itself how it is written. What is as by default is left out. Reading is strict:
whatever a line holds, either it is of the type, or `BadEntry` says which part of it is not.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

_AS_THEY_ARE = frozenset({str, int, float, bool, NoneType})


class BadEntry(ValueError):  # noqa: N818 - it is a line
    """What is wrong with a line, in one sentence."""


def plain(value: Any) -> object:
    """The value as plain data."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is tuple:
        return [plain(own) for own in value]
    if is_dataclass(kind):
        return value.to_plain() if hasattr(kind, "to_plain") else _members(value)
    if isinstance(value, Mapping):
        return {key: plain(own) for key, own in value.items()}
    assert isinstance(value, Enum)
    return value.value


def _members(value: Any) -> dict[str, object]:
    """What is not as by default, by its name."""
    kind: Any = type(value)
    given = ((name, getattr(value, name), default) for name, default in _defaults(kind).items())
    return {name: plain(own) for name, own, default in given if own != default}


@cache
def _defaults(kind: Any) -> Mapping[str, object]:
    return {name: _default(field) for name, field in _fields(kind).items()}


def _default(field: "Field[Any]") -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def read(kind: Any, given: object, where: str = "") -> Any:
    """The value of this type."""
    origin = get_origin(kind)
    if is_dataclass(kind):
        return _own_form(kind, given, where) if hasattr(kind, "from_plain") else _record(kind, given, where)
    if origin is UnionType:
        (inner,) = (one for one in get_args(kind) if one is not NoneType)
        return None if given is None else read(inner, given, where)
    if origin is tuple:
        inner = get_args(kind)[0]
        return tuple(read(inner, one, f"{where}[{n}]") for n, one in enumerate(_a(list, given, where)))
    if origin is Mapping:
        inner = get_args(kind)[1]
        return {key: read(inner, one, f"{where}.{key}") for key, one in _a(dict, given, where).items()}
    return _word(kind, given, where)


def _word(kind: Any, given: object, where: str) -> Any:
    if get_origin(kind) is Literal:
        return given if given in get_args(kind) else _refuse(given, where)
    if issubclass(kind, Enum):
        return kind(given) if given in [member.value for member in kind] else _refuse(given, where)
    if kind is float and type(given) is int:
        return float(given)
    return _a(kind, given, where)


def _a(kind: type, given: object, where: str) -> Any:
    return given if type(given) is kind else _refuse(given, where)


def _refuse(given: object, where: str) -> Any:
    """The value itself is not told: it may be anything."""
    raise BadEntry(f"{where or 'the line'} is not what a recording holds there, but of the kind {type(given).__name__}")


def _own_form(kind: Any, given: object, where: str) -> Any:
    try:
        return kind.from_plain(given)
    except (ValueError, RecursionError):
        return _refuse(given, where)


def _record(kind: Any, given: object, where: str) -> Any:
    members, hints = _a(dict, given, where), _hints(kind)
    for name in members:
        if name not in hints:
            raise BadEntry(f"{where or 'the line'} has a member that no recording has")
    for name, field in _fields(kind).items():
        if name not in members and _default(field) is MISSING:
            raise BadEntry(f"{where}.{name} is missing".removeprefix("."))
    return kind(**{name: read(hints[name], own, f"{where}.{name}".removeprefix(".")) for name, own in members.items()})


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


@cache
def _fields(kind: Any) -> Mapping[str, "Field[Any]"]:
    return {field.name: field for field in fields(kind)}
