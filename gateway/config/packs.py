"""Packs: rules that ship with the gateway, in the same form as an operator's.

A pack is a file in `gateway.packs`: `pack` (its name), `why`, `rules`. Packs come after the operator's rules, in
the order in which they are listed, so an operator can always decide first. `all` lists those that know a product before
those that know a kind of server, and last those that know only words.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.config.compound import Either
from gateway.config.findings import Report, Wrong, instead, shown
from gateway.config.kinds import Kind, ListOf, One
from gateway.config.parse import parsing
from gateway.config.scalars import word
from gateway.config.source import Node, Pairs
from gateway.config.steps import Steps

_SUFFIX = ".yaml"
# The first rule that matches decides, so what is said of many products comes after what is said of one.
_GENERAL = (
    "iis", "java-servers", "api-gateways", "login-pages", "front-ends", "permanent-refusals", "error-texts",
)  # fmt: skip


@cache
def names() -> tuple[str, ...]:
    """The packs of this release in the order of `all`: products by their names, then the general ones."""
    files_there = (entry.name for entry in files("gateway.packs").iterdir())
    found = {name.removesuffix(_SUFFIX) for name in files_there if name.endswith(_SUFFIX)}
    return (*sorted(found.difference(_GENERAL)), *(name for name in _GENERAL if name in found))


def parsing_pack(name: str, report: Report) -> Steps[Pairs]:
    """The tree of one pack, of which `names` knows."""
    file = name + _SUFFIX
    text = files("gateway.packs").joinpath(file).read_text("utf-8")
    tree = yield from parsing(text, f"packs/{file}", {}, report)
    assert isinstance(tree, Pairs)
    return tree


def all_packs(written: str) -> tuple[str, ...]:
    word(written, known=("all",))
    return names()


def pack_name(written: str) -> str:
    if written not in names():
        raise Wrong(f"there is no pack {shown(written)}; {instead(written, names())}")
    return written


@dataclass(frozen=True, slots=True)
class PackNames:
    """`all`, or a list of names, each once."""

    @property
    def form(self) -> Kind:
        return Either(One(all_packs), ListOf(One(pack_name), lone=True))

    def read(self, node: Node, report: Report) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.form.read(node, report)))

    def show(self, value: Any) -> object:
        return list(value)


PACKS = PackNames()
