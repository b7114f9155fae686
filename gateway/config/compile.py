"""From checked values to the settings of one generation. Nothing here can fail: what could was reported before."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.config.coherence import documented_of
from gateway.config.kinds import plain
from gateway.config.protection import protection
from gateway.config.rules import Read
from gateway.config.schema import SECTIONS
from gateway.config.settings import (
    AdminSettings,
    AuditSettings,
    FollowSettings,
    HealthSettings,
    Limits,
    LoggingSettings,
    RecordingSettings,
    Route,
    ServerSettings,
    ServerTls,
    Settings,
    SharedState,
    Timeouts,
    TracingSettings,
    Upstream,
    UpstreamTls,
)
from gateway.config.source import Pairs
from gateway.config.steps import Steps
from gateway.core.cors import Cors
from gateway.core.policy import Mode, Policy, Quirks, RetryPolicy
from gateway.guard.maintenance import Window

Values = Mapping[str, Any]


def compiling(values: Values, rules: Sequence[Read], source: str) -> Steps[Settings]:
    """The settings. `rules` are the operator's and the packs', in the order in which they decide."""
    routes = _routes(values)
    as_written = yield from _as_written(rules)
    effective = _effective(values, routes, as_written[: sum(not read.rule.pack for read in rules)])
    yield
    digest = yield from _digest(effective, as_written)
    return Settings(
        policy=_policy(values, rules),
        upstreams={id_: _upstream(id_, upstream) for id_, upstream in values["upstreams"].items()},
        routes=routes,
        server=_server(values["server"]),
        admin=AdminSettings(**values["admin"]),
        logging=LoggingSettings(**values["logging"]),
        audit=_audit(values["audit"]) if values["audit"] else None,
        recording=RecordingSettings(**values["recording"]) if values["recording"] else None,
        tracing=TracingSettings(**values["tracing"]) if values["tracing"] else None,
        maintenance=tuple(
            Window(window["from"], window["to"], window["upstream"] or "") for window in values["maintenance"]
        ),
        shared_state=SharedState(**values["shared_state"]) if values["shared_state"] else None,
        source=source,
        digest=digest,
        effective=effective,
        examples=tuple(example for read in rules if not read.rule.pack for example in read.examples),
    )


def _policy(values: Values, rules: Sequence[Read]) -> Policy:
    retry = values["retry_after"]
    return Policy(
        mode=Mode(values["mode"]),
        documented=documented_of(values),
        fold=values["documented"]["fold"],
        rules=tuple(read.rule for read in rules),
        retry=RetryPolicy(retry["default"], retry["min"], retry["max"], retry["jitter"]),
        quirks={id_: _quirks(upstream["quirks"]) for id_, upstream in values["upstreams"].items()},
        peek=values["inspect"]["peek"],
        document=values["inspect"]["document"],
        cors=_cors(values["cors"]) if values["cors"] else None,
    )


def _cors(section: Values) -> Cors:
    return Cors(**{**section, "origins": frozenset(section["origins"])})


def _quirks(section: Values) -> Quirks:
    return Quirks(**{**section, "unauthorized_challenge": section["unauthorized_challenge"] or ""})


def _server(section: Values) -> ServerSettings:
    tls = ServerTls(**section["tls"]) if section["tls"] else None
    return ServerSettings(**{**section, "limits": Limits(**section["limits"]), "tls": tls})


def _upstream(id_: str, section: Values) -> Upstream:
    url = section["url"]
    return Upstream(
        id=id_,
        scheme=url.scheme,
        host=url.host,
        port=url.port,
        host_header=section["host_header"],
        timeouts=Timeouts(**section["timeouts"]),
        tls=UpstreamTls(**section["tls"]) if section["tls"] else UpstreamTls(),
        protection=protection(section),
        health=HealthSettings(**section["health"]) if section["health"] else None,
        on_status=section["on_status"],
        follow=_follow(section["follow"]) if section["follow"] else FollowSettings(),
    )


def _follow(section: Values) -> FollowSettings:
    return FollowSettings(tuple(map(str, section["hosts"])), section["hops"])


def _routes(values: Values) -> tuple[Route, ...]:
    """Without routes, everything goes to the only upstream."""
    if values["routes"] is None:
        (only,) = values["upstreams"]
        return (Route(id=only, prefix="/", upstream=only),)
    return tuple(Route(**route) for route in values["routes"])


def _audit(section: Values) -> AuditSettings:
    rest = {key: value for key, value in section.items() if key not in ("url", "site")}
    url = section["url"]
    return AuditSettings(url.scheme, url.host, url.port, site=section["site"] or "", **rest)


def _effective(values: Values, routes: Sequence[Route], rules: Sequence[object]) -> dict[str, object]:
    """The whole configuration as plain data, defaults included, in the form of a file that would mean the same."""
    documented = documented_of(values)
    filled = {
        **values,
        "documented": {**values["documented"], "add": documented.added},
        "routes": [{"id": r.id, "prefix": r.prefix, "upstream": r.upstream, "service": r.service} for r in routes],
        "rules": rules,
    }
    shown = SECTIONS.show(filled)
    assert isinstance(shown, dict)
    return shown


def _as_written(rules: Sequence[Read]) -> Steps[list[object]]:
    written: list[object] = []
    for read in rules:
        assert isinstance(read.node, Pairs)
        written.append({pair.key: plain(pair.node) for pair in read.node.pairs if pair.key != "examples"})
        yield
    return written


def _digest(effective: Mapping[str, object], rules: Sequence[object]) -> Steps[str]:
    """Tells two configurations apart; equal for equal meaning, whatever comments and order of keys."""
    digest = hashlib.sha256()
    for part in ({key: value for key, value in effective.items() if key != "rules"}, *rules):
        digest.update(json.dumps(part, sort_keys=True).encode() + b"\n")
        yield
    return digest.hexdigest()[:12]
