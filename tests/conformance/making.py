"""Configurations for statements, and how to find one's way in them."""

from typing import Any

from gateway.config.load import quick_start
from gateway.config.settings import Settings
from gateway.conformance.statement import CodeRow, Statement, statement

URL = "http://pacs.internal:8042"
# All that can bring a failure about is there.
GUARDED: dict[str, Any] = {
    "upstreams": {
        "pacs": {
            "url": "https://pacs.internal",
            "breaker": {},
            "rate": [{"requests": 300, "per": "10s", "key": "client"}, {"requests": 100, "key": "upstream"}],
            "limits": {"in_flight": 32},
        }
    },
    "routes": [{"id": "dicomweb", "prefix": "/dicom-web", "upstream": "pacs"}],
    "maintenance": [{"from": "2026-12-05T22:00:00+01:00", "to": "2026-12-06T02:00:00+01:00"}],
    "cors": {"origins": ["https://viewer.example"]},
}
PORTAL: dict[str, Any] = {
    "id": "portal-login",
    "why": "The portal's session ran out.",
    "when": {"transaction": "search", "status": ["302", "303"], "location": "/login"},
    "then": {"status": "401", "headers": {"set": {"WWW-Authenticate": 'Bearer realm="PACS"'}}},
}


def settings(**sections: Any) -> Settings:
    """Defaults, without a pack unless one is named."""
    return quick_start(URL, **{"packs": [], **sections})


def said(**sections: Any) -> Statement:
    return statement(settings(**sections))


def archive(**keys: Any) -> dict[str, Any]:
    """The section of one archive with these keys."""
    return {"upstreams": {"pacs": {"url": URL, **keys}}}


def row(of: Statement, code: int) -> CodeRow:
    (found,) = (row for row in (*of.rows, *of.beyond) if row.code == code)
    return found


def labels(of: Statement, code: int, kind: str) -> list[str]:
    return [source.label for source in row(of, code).sources if source.kind == kind]


def texts(of: Statement, code: int, kind: str) -> list[str]:
    return [source.text for source in row(of, code).sources if source.kind == kind]
