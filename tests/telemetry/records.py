"""Settings with two archives, and records of exchanges with them."""

from typing import Any

from gateway.config.settings import Route, Settings, Upstream
from gateway.core.policy import Documented, Mode, Policy
from gateway.core.rule import Rule, Then
from gateway.telemetry.record import ExchangeRecord

PORTAL = Rule("portal-login", "The portal's session ran out.", (), Then(status=401))


def settings(*routes: str, mode: Mode = Mode.ENFORCE, digest: str = "c0ffee", **more: Any) -> Settings:
    """Two archives, `pacs` and `vna`; the routes named lead to the first."""
    return Settings(
        policy=Policy(mode=mode, rules=(PORTAL,), documented=Documented(added={429: "A limit was reached."})),
        upstreams={name: Upstream(name, "http", f"{name}.example", 8042) for name in ("pacs", "vna")},
        routes=tuple(Route(name, f"/{name}", "pacs") for name in routes or ("dicomweb",)),
        digest=digest,
        **more,
    )


def record(**more: Any) -> ExchangeRecord:
    """A search that went well, unless told otherwise."""
    given: dict[str, Any] = {
        "id": "0b0e7c1e-6f0e-4a39-9d0c-0d4a6f5b1f7e",
        "started": 1_767_225_600.25,
        "route": "dicomweb",
        "upstream": "pacs",
        "transaction": "studies.search",
        "method": "GET",
        "status": 200,
        "received": 200,
        "rule": "-",
        "why": "",
        "seconds": 0.25,
        "upstream_seconds": 0.125,
        "bytes_out": 512,
        "attempts": 1,
    }
    return ExchangeRecord(**{**given, **more})
