"""What only several keys together can tell: routes and upstreams, bounds, ports, the documented set.

Each check looks at the values of a whole file and yields a place and a sentence.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from gateway.config.findings import Place, Report, instead, shown
from gateway.config.objections import undocumented
from gateway.config.protection import protection
from gateway.config.scalars import is_loopback, show_duration
from gateway.config.settings import Limits
from gateway.config.sharing import unshareable
from gateway.config.source import Items, Node, Pair, Pairs, Scalar, place_of
from gateway.config.tls import unusable
from gateway.core.cors import ANY
from gateway.core.fold import HOP_CODES
from gateway.core.policy import Documented
from gateway.core.redirect import FOLLOWABLE
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
    for id_, upstream in (values["upstreams"] or {}).items():
        if upstream["tls"] is not None and upstream["url"] is not None and upstream["url"].scheme == "http":
            yield place_of(root, "upstreams", id_, "tls"), "has no effect, because the url begins with http://"


def _routes(root: Node, values: Values) -> Iterator[Remark]:
    upstreams = written(root, "upstreams")
    if values["routes"] is None and len(upstreams) > 1:
        yield place_of(root, "routes"), "is missing. With more than one upstream, say which paths go where."
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


def _identifiers(root: Node, values: Values) -> Iterator[Remark]:
    for name in ("logging", "recording"):
        section = values[name]
        if section and section["identifier_key_file"] is not None and section["identifiers"] != "hash":
            yield place_of(root, name, "identifier_key_file"), "has no effect without identifiers: hash"


def _tls_sections(values: Values) -> dict[tuple[str, ...], Values]:
    """Every section that names files for TLS, by the keys that lead to it."""
    named: dict[tuple[str, ...], Values | None] = {
        ("upstreams", id_, "tls"): upstream["tls"] for id_, upstream in (values["upstreams"] or {}).items()
    }
    named |= {("server", "tls"): values["server"]["tls"], ("audit",): values["audit"]}
    named |= {("tracing",): values["tracing"]}
    return {keys: section for keys, section in named.items() if section is not None}


def _tls_pairs(root: Node, values: Values) -> Iterator[Remark]:
    """Of certificate and key towards others, both or none. (Towards clients both are required.)"""
    for keys in _tls_sections(values).keys() - {("server", "tls")}:
        given = _keys_of(root, *keys) & {"cert_file", "key_file"}
        if len(given) == 1:
            missing = "key_file" if "cert_file" in given else "cert_file"
            yield place_of(root, *keys, *given), f"has no effect without {missing}"


def _node_at(node: Node | None, *keys: str) -> Node | None:
    for key in keys:
        node = node.get(key) if isinstance(node, Pairs) else None
    return node


def _keys_of(root: Node, *keys: str) -> frozenset[str]:
    node = _node_at(root, *keys)
    return frozenset(pair.key for pair in node.pairs) if isinstance(node, Pairs) else frozenset()


def _tls_files(root: Node, values: Values) -> Iterator[Remark]:
    for keys, section in _tls_sections(values).items():
        for found in unusable(section, *keys):
            yield place_of(root, *found.keys), found.message


def _audit(root: Node, values: Values) -> Iterator[Remark]:
    audit = values["audit"] or {}
    url = audit.get("url")
    if url is None or url.scheme == "tls":
        return
    if not is_loopback(url.host):
        yield place_of(root, "audit", "url"), "the trail names patients: beyond this host it needs tls://"
    yield from _idle_files(root, "audit", audit, "the url begins with tcp://")


def _idle_files(root: Node, section: str, values: Values, why: str) -> Iterator[Remark]:
    """Files for TLS, where there is none."""
    for name in ("ca_file", "cert_file", "key_file"):
        if values[name] is not None:
            yield place_of(root, section, name), f"has no effect, because {why}"


def _is_installed(library: str) -> bool:
    try:
        return find_spec(library) is not None
    except ModuleNotFoundError:  # nor is what it is a part of
        return False


def _tracing(root: Node, values: Values) -> Iterator[Remark]:
    tracing = values["tracing"]
    if tracing is None:
        return
    if not all(map(_is_installed, ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http", "requests"))):
        yield place_of(root, "tracing"), "needs more libraries: pip install 'pacs-gateway[tracing]'"
    if tracing["endpoint"] and not tracing["endpoint"].startswith("https:"):
        yield from _idle_files(root, "tracing", tracing, "the endpoint begins with http://")


def _limits(root: Node, values: Values) -> Iterator[Remark]:
    for id_, upstream in (values["upstreams"] or {}).items():
        limits = upstream["limits"]
        if limits is None:
            continue
        most = limits["in_flight"]
        for family, line in limits["by_transaction"].items():
            if line["in_flight"] > most:
                place = place_of(root, "upstreams", id_, "limits", "by_transaction", family, "in_flight")
                yield place, f"{line['in_flight']} is more than the {most} that may be under way in all"
        if limits["adaptive"] and limits["adaptive"]["floor"] > most:
            place = place_of(root, "upstreams", id_, "limits", "adaptive", "floor")
            yield place, f"{limits['adaptive']['floor']} is more than in_flight, {most}"


def _workers(root: Node, values: Values) -> Iterator[Remark]:
    """How many `auto` will be is known where the gateway runs, and checked there when it starts."""
    workers, upstreams = values["server"]["workers"], values["upstreams"] or {}
    if workers == "auto" or any(rate["requests"] is None for each in upstreams.values() for rate in each["rate"]):
        return
    protections = {id_: protection(upstream) for id_, upstream in upstreams.items()}
    limits, in_common = Limits(**values["server"]["limits"]), values["shared_state"] is not None
    for keys, message in unshareable(limits, protections, workers, rates_in_common=in_common):
        yield place_of(root, *keys), message


def _on_status(root: Node, values: Values) -> Iterator[Remark]:
    for id_, upstream in (values["upstreams"] or {}).items():
        for code, behaviour in upstream["on_status"].items():
            place = place_of(root, "upstreams", id_, "on_status", code)
            if behaviour == "follow" and code not in FOLLOWABLE:
                yield place, f"{code} names no place to follow to; {', '.join(map(str, sorted(FOLLOWABLE)))} do"
            elif behaviour == "retry" and code < 400:
                yield place, f"{code} is no failure, and asking again would change nothing"
        for behaviour in ("retry", "follow"):
            if behaviour in _keys_of(root, "upstreams", id_) and behaviour not in upstream["on_status"].values():
                yield (
                    place_of(root, "upstreams", id_, behaviour),
                    f"has no effect without a code in on_status: {behaviour}",
                )


def _maintenance(root: Node, values: Values) -> Iterator[Remark]:
    upstreams = written(root, "upstreams")
    for index, window in enumerate(values["maintenance"]):
        name, begin, end = window["upstream"], window["from"], window["to"]
        if name is not None and name not in upstreams:
            yield (
                place_of(root, "maintenance", index, "upstream"),
                f"there is no upstream {shown(name)}; {instead(name, upstreams, listed=upstreams)}",
            )
        if begin is not None and end is not None and end <= begin:
            yield place_of(root, "maintenance", index, "to"), "is not after from"


def _cors(root: Node, values: Values) -> Iterator[Remark]:
    cors = values["cors"]
    if cors is not None and ANY in (cors["origins"] or ()) and cors["credentials"]:
        yield place_of(root, "cors", "credentials"), "browsers refuse credentials for *; name the origins"


def _shared_rates(root: Node, values: Values) -> Iterator[Remark]:
    if values["shared_state"] is None:
        return
    if not all(map(_is_installed, ("limits", "redis"))):
        yield place_of(root, "shared_state"), "needs two more libraries: pip install 'pacs-gateway[redis]'"
    rates = [(id_, rate) for id_, upstream in (values["upstreams"] or {}).items() for rate in upstream["rate"]]
    if not rates:
        yield place_of(root, "shared_state"), "has no effect without a rate in an upstream"
    for id_, rate in rates:
        if rate["per"] is not None and rate["per"] % 1:
            yield place_of(root, "upstreams", id_, "rate"), "rates in shared_state are counted in whole seconds"


_CHECKS: tuple[Callable[[Node, Values], Iterator[Remark]], ...] = (
    _added,
    _folds,
    _upstreams,
    _routes,
    _twin_routes,
    _ports,
    _bounds,
    _identifiers,
    _tls_pairs,
    _tls_files,
    _audit,
    _tracing,
    _limits,
    _workers,
    _on_status,
    _maintenance,
    _cors,
    _shared_rates,
)
