"""What only several keys together can tell: routes and upstreams, bounds, ports, the documented set.

Each check looks at the values of a whole file and yields a place and a sentence.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.config.findings import Place, Report, instead, shown
from gateway.config.objections import undocumented
from gateway.config.scalars import show_duration
from gateway.config.source import Items, Node, Pair, Pairs, Scalar, place_of
from gateway.core.fold import HOP_CODES
from gateway.core.policy import Documented
from gateway.dicomweb.statuses import DCS_SET, DICOM_SET, NEVER_SENT

Values = Mapping[str, Any]
Remark = tuple[Place, str]

LIMIT_REACHED = {429: "A limit of the gateway or of the archive was reached."}
_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - to compare with, not to bind to
# Documented or not, these are folded where the request did not ask for them.
_FOLDED_ANYWAY = HOP_CODES | {412, 416}


def check(root: Node, values: Values, report: Report) -> None:
    for remarks in _CHECKS:
        for place, message in remarks(root, values):
            report.add(place, message)


def documented_of(values: Values) -> Documented:
    """The documented set of this file. `add` replaces the row that comes by itself."""
    section = values["documented"]
    codes = DCS_SET if section["set"] == "dcs" else DICOM_SET
    added = LIMIT_REACHED if section["add"] is None else section["add"]
    new = {code: text for code, text in added.items() if code not in codes}
    return Documented(section["set"], codes, section["edition"], new, section["strict"])


def _added(root: Node, values: Values) -> Iterator[Remark]:
    section = values["documented"]
    codes = DCS_SET if section["set"] == "dcs" else DICOM_SET
    for code in section["add"] or ():
        place = place_of(root, "documented", "add", code)
        if code in NEVER_SENT:
            yield place, f"{code} is never sent: RFC 9110 has retired it"
        elif code in codes:
            yield place, f"{code} is in the set {section['set']} already"


def _folds(root: Node, values: Values) -> Iterator[Remark]:
    documented = documented_of(values)
    for code, to in values["documented"]["fold"].items():
        place = place_of(root, "documented", "fold", code)
        if documented.allows(code) and code not in _FOLDED_ANYWAY:
            yield place, f"{code} is documented, so it is never folded; a rule can replace it"
        if not documented.allows(to):
            yield place, undocumented(to, documented)
        elif to < 300 <= code:
            yield place, f"a fold may not make a success ({to}) out of {code}; that takes a rule with allow_success"


def _upstreams(root: Node, values: Values) -> Iterator[Remark]:
    if values["upstreams"] is not None and not written(root, "upstreams"):
        yield place_of(root, "upstreams"), "is empty; name at least one archive, by an id"
    for id_, upstream in (values["upstreams"] or {}).items():
        if upstream["tls"] is not None and upstream["url"] is not None and upstream["url"].scheme == "http":
            yield place_of(root, "upstreams", id_, "tls"), "has no effect, because the url begins with http://"


def _routes(root: Node, values: Values) -> Iterator[Remark]:
    upstreams = written(root, "upstreams")
    if values["routes"] is None and len(upstreams) > 1:
        yield place_of(root, "routes"), "is missing. With more than one upstream, say which paths go where."
    if values["routes"] is not None and not _entries(root, "routes"):
        yield place_of(root, "routes"), "is empty, so no request would go anywhere; leave it out or name one"
    for index, route in _numbered_routes(root, values):
        name = route["upstream"]
        if name is not None and name not in upstreams:
            message = f"there is no upstream {shown(name)}; {instead(name, upstreams)}"
            yield place_of(root, "routes", index, "upstream"), message


def _twin_routes(root: Node, values: Values) -> Iterator[Remark]:
    for key in ("id", "prefix"):
        seen: Counter[str] = Counter()
        for index, route in _numbered_routes(root, values):
            seen[route[key]] += 1
            if route[key] is not None and seen[route[key]] > 1:
                yield place_of(root, "routes", index, key), f"{shown(route[key])} belongs to an earlier route already"


def _numbered_routes(root: Node, values: Values) -> list[tuple[int, Values]]:
    """The routes with their numbers in the file; none where some could not be read and the numbers are off."""
    routes = values["routes"] or ()
    return list(enumerate(routes)) if len(routes) == len(_entries(root, "routes")) else []


def _entries(root: Node, key: str) -> tuple[Pair | Node, ...]:
    node = root.get(key) if isinstance(root, Pairs) else None
    return node.pairs if isinstance(node, Pairs) else node.nodes if isinstance(node, Items) else ()


def written(root: Node, key: str) -> tuple[str, ...]:
    """The ids of `upstreams` or `routes` as they stand in the file, sound or not: one mistake makes no second."""
    ids = [
        entry.key if isinstance(entry, Pair) else entry.get("id") if isinstance(entry, Pairs) else None
        for entry in _entries(root, key)
    ]
    names = [id_.text if isinstance(id_, Scalar) else id_ for id_ in ids]
    routes = tuple(name for name in names if isinstance(name, str))
    # Without routes there is one, named after the only upstream.
    return routes or (written(root, "upstreams") if key == "routes" else ())


def _ports(root: Node, values: Values) -> Iterator[Remark]:
    server, admin = values["server"], values["admin"]
    same_host = server["host"] == admin["host"] or server["host"] in _ANYWHERE or admin["host"] in _ANYWHERE
    if server["port"] == admin["port"] != 0 and same_host:
        yield place_of(root, "admin", "port"), f"{admin['port']} is the port for clients; operators need another"


def _bounds(root: Node, values: Values) -> Iterator[Remark]:
    retry = values["retry_after"]
    least, most = show_duration(retry["min"]), show_duration(retry["max"])
    if retry["min"] > retry["max"]:
        yield place_of(root, "retry_after", "min"), f"{least} is more than max, {most}"
    elif not retry["min"] <= retry["default"] <= retry["max"]:
        yield place_of(root, "retry_after", "default"), f"is outside min and max, {least} to {most}"


_CHECKS: tuple[Callable[[Node, Values], Iterator[Remark]], ...] = (
    _added,
    _folds,
    _upstreams,
    _routes,
    _twin_routes,
    _ports,
    _bounds,
)
