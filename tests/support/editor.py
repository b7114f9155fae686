"""How an editor sees a configuration: values as YAML 1.2 reads them (its core schema, 10.3), with places and quotes gone."""

import math
import re

from gateway.config.findings import Report
from gateway.config.parse import parse
from gateway.config.source import Items, Node, Pairs, Scalar

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_INTEGER = re.compile(r"0o([0-7]+)|0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}


class Untouched(dict[str, str]):
    """An environment in which every variable holds what refers to it, so that nothing is filled in."""

    def get(self, name: str, _default: object = None) -> str:  # type: ignore[override]
        return f"${{{name}}}"


def seen(text: str) -> object:
    """What a schema gets to see of a text."""
    report = Report()
    root = parse(text, "seen.yaml", Untouched(), report)
    assert not report.findings, report.findings
    return plain(root)


def plain(node: Node) -> object:
    if isinstance(node, Pairs):
        return {pair.key: plain(pair.node) for pair in node.pairs}
    if isinstance(node, Items):
        return [plain(item) for item in node.nodes]
    return resolved(node)


def resolved(node: Scalar) -> object:
    """A value without quotes may be something else than a text."""
    text = node.text
    if not node.plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if match := _OTHER_INTEGER.fullmatch(text):
        return int(match[1], 8) if match[1] else int(match[2], 16)
    if match := _INFINITE.fullmatch(text):
        return -math.inf if match[1] == "-" else math.inf
    return float(text) if _FLOAT.fullmatch(text) else text
