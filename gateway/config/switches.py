"""Where observing is switched off: the line of `mode: observe`, and that of `observe: true` in each rule that has one.

Only for people, who are told which word to change. What is observed, the policy says.
"""

from collections.abc import Iterable

from gateway.config.findings import Place
from gateway.config.rules import Read
from gateway.config.settings import Switches
from gateway.config.source import Node, place_of
from gateway.core.policy import Mode


def switches(root: Node, mode: Mode, rules: Iterable[Read]) -> Switches:
    observing = [read for read in rules if read.rule.then.observe]
    return Switches(
        _line(place_of(root, "mode")) if mode is Mode.OBSERVE else "",
        {read.rule.id: _line(place_of(read.node, "then", "observe")) for read in observing},
    )


def _line(place: Place) -> str:
    return f"{place.file}:{place.line}"
