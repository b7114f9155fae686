"""What all replies of the admin port have in common: fields that keep them out of caches and frames, errors as JSON."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from gateway.telemetry.redaction import OWN, described

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ENDPOINTS: Mapping[str, str] = {
    "GET /": "status page; ?refresh=off, or seconds",
    "GET /metrics": "Prometheus metrics",
    "GET /-/healthy": "200 while the process runs",
    "GET /-/ready": "200 while traffic is welcome, else 503",
    "POST /-/reload": "read the configuration again",
    "GET /-/config": "the configuration in force, secrets masked",
    "GET /-/exchanges": "the last exchanges; ?limit=50",
    "GET /-/exchanges/{id}": "one of them, explained",
    "GET /-/would-rewrite": "what enforce would change, and how to switch",
    "GET /conformance": "the conformance statement beside what was counted; ?scoreboard for the vendor's letter",
}

_FIELDS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # The page brings its own style and nothing else: no script, no image, no form, no frame around it.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Server": "pacs-gateway",
}

_log = logging.getLogger(f"{OWN}.admin")


async def complete(_request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: also the replies that aiohttp makes by itself pass here."""
    response.headers.update(_FIELDS)


def json_reply(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")


def text_reply(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text, status=status, headers=headers)


def refusal(status: int, error: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error that says what there is instead."""
    return json_reply({"error": error, "endpoints": ENDPOINTS}, status, headers)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """404 and 405 with the list of what exists; an error of ours as its class, never as its words."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as refused:
        allow = ", ".join(sorted(refused.allowed_methods))
        return refusal(405, f"Use {allow} here.", {"Allow": allow})
    except web.HTTPException as refused:
        return refusal(refused.status, f"{refused.status} {refused.reason}")
    except Exception as error:  # the seam: aiohttp would log its words
        _log.error("An admin request failed: %s", described(error))
        return refusal(500, f"The gateway itself failed: {type(error).__name__}")


def wants(request: web.Request, media_type: str) -> bool:
    """Whether the request names this type; the weights are left aside, since no endpoint has much to offer."""
    return media_type in request.headers.get("Accept", "").lower()


def is_cross_site(request: web.Request) -> bool:
    """Whether a browser sends this for a page of another site. Tools such as curl name no origin."""
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        return True
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2].lower() != request.host.lower()
