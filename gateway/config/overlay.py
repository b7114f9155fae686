"""The policy that a file of cases supposes: sections that stand in place of the configuration's while its cases play.

Cases about the edition of the standard, or about an archive with a known challenge, say so and then hold before any
configuration. Only what decides can be replaced; ports, archives and routes stay the operator's.
"""

from gateway.config.findings import Report, instead
from gateway.config.kinds import Table, pairs_of
from gateway.config.schema import SECTIONS, UPSTREAM
from gateway.config.source import Node, Pair, Pairs

# `quirks` become those of every archive.
REPLACEABLE = ("mode", "documented", "packs", "retry_after", "inspect", "quirks")
OVERLAY = Table({name: {**UPSTREAM.keys, **SECTIONS.keys}[name] for name in REPLACEABLE})


def read_overlay(node: Node, report: Report) -> Pairs:
    """The sections, of which the names are known. What they hold is read together with the configuration."""
    pairs = pairs_of(node)
    for pair in pairs:
        if pair.key not in REPLACEABLE:
            report.add(pair.place, f"unknown key; {instead(pair.key, REPLACEABLE)}")
    return Pairs(node.place, pairs)


def overlaid(root: Node, overlay: Pairs | None) -> Node:
    """A configuration with these sections in the place of its own; as it is where there are none, or where it is none."""
    if overlay is None or not isinstance(root, Pairs):
        return root
    sections = {pair.key: pair for pair in (*root.pairs, *overlay.pairs) if pair.key != "quirks"}
    quirks = next((pair for pair in overlay.pairs if pair.key == "quirks"), None)
    if quirks is not None and "upstreams" in sections:
        sections["upstreams"] = _each_with(sections["upstreams"], quirks)
    return Pairs(root.place, tuple(sections.values()))


def _each_with(upstreams: Pair, quirks: Pair) -> Pair:
    if not isinstance(upstreams.node, Pairs):
        return upstreams
    each = tuple(_with(upstream, quirks) for upstream in upstreams.node.pairs)
    return Pair(upstreams.key, upstreams.place, Pairs(upstreams.node.place, each))


def _with(upstream: Pair, quirks: Pair) -> Pair:
    if not isinstance(upstream.node, Pairs):
        return upstream
    others = tuple(pair for pair in upstream.node.pairs if pair.key != quirks.key)
    return Pair(upstream.key, upstream.place, Pairs(upstream.node.place, (*others, quirks)))
