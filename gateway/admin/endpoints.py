"""The admin port: one handler per endpoint.

`/-/ready` does not follow the archive: the gateway must stay in the balancer to say 503 with a Retry-After. Nothing here
changes anything but `POST /-/reload`, which a browser may only send from a page of this very port.
"""

import re
import time
from collections.abc import Mapping

import yaml
from aiohttp import web

from gateway.admin.conformance import Conformance
from gateway.admin.control import AdminControl
from gateway.admin.explained import Explained
from gateway.admin.page import html_reply
from gateway.admin.replies import complete, errors_as_json, is_cross_site, json_reply, refusal, text_reply, wants
from gateway.admin.status_page import Shown, refresh_of, status_page
from gateway.admin.tables import EXCHANGES, FAILURES
from gateway.admin.would_rewrite_page import WouldRewrite
from gateway.reload import ReloadResult
from gateway.telemetry.access_log import fields_of
from gateway.telemetry.exposition import form_for

_COME_BACK = {"Retry-After": "5"}  # to whoever asks /-/ready while starting or draining
_DEFAULT_LIMIT = 50
_LIMIT = re.compile(r"[1-9][0-9]{0,5}")


def admin_app(control: AdminControl) -> web.Application:
    """The application to serve on the admin port."""
    endpoints = _Endpoints(control)
    app = web.Application(middlewares=[errors_as_json], client_max_size=64 * 1024)
    app.on_response_prepare.append(complete)
    app.add_routes(
        [
            web.get("/", endpoints.page),
            web.get("/metrics", endpoints.metrics),
            web.get("/-/healthy", endpoints.healthy),
            web.get("/-/ready", endpoints.ready),
            web.post("/-/reload", endpoints.reload),
            web.get("/-/config", endpoints.config),
            web.get("/-/exchanges", endpoints.exchanges),
            web.get("/-/exchanges/{id}", Explained(control).get),
            web.get("/-/would-rewrite", WouldRewrite(control).get),
            web.get("/conformance", Conformance(control).get),
        ]
    )
    return app


class _Endpoints:
    def __init__(self, control: AdminControl) -> None:
        self._control = control

    async def page(self, request: web.Request) -> web.Response:
        refresh = refresh_of(request.query.get("refresh"))
        if refresh is None:
            return refusal(400, "refresh is off, or a whole number of seconds from 1.")
        counts, control = await self._control.counts(), self._control
        seen = Shown(counts, await control.recent(EXCHANGES), await control.failures(FAILURES), time.time(), refresh)
        return html_reply(status_page(control, seen), {"Refresh": str(refresh)} if refresh else None)

    async def metrics(self, request: web.Request) -> web.Response:
        form = form_for(", ".join(request.headers.getall("Accept", ())))
        return web.Response(body=await self._control.metrics(form), headers={"Content-Type": form.content_type})

    async def healthy(self, _request: web.Request) -> web.Response:
        return text_reply("The process runs.\n")

    async def ready(self, _request: web.Request) -> web.Response:
        if self._control.ready:
            return text_reply("Ready for traffic.\n")
        return text_reply("Not ready: starting or draining.\n", 503, _COME_BACK)

    async def reload(self, request: web.Request) -> web.Response:
        """200 where the file is in force now; 422 with every finding where the old configuration stays."""
        if is_cross_site(request):
            return refusal(403, "A page of another site may not reload the gateway.")
        result = await self._control.reload()
        status = 200 if result.ok else 422
        if wants(request, "text/plain"):
            return text_reply(_as_text(result), status)
        told = {"hash": result.digest, "changes": result.changes, "findings": result.findings, "notes": result.notes}
        return json_reply({"result": _word(result), **told}, status)

    async def config(self, request: web.Request) -> web.Response:
        """YAML, the operator's language, as text that a browser shows; JSON where it is asked for."""
        effective = _plain(self._control.settings.effective)
        if wants(request, "application/json"):
            return json_reply(effective)
        return text_reply(yaml.safe_dump(effective, sort_keys=False, allow_unicode=True))

    async def exchanges(self, request: web.Request) -> web.Response:
        limit = request.query.get("limit", str(_DEFAULT_LIMIT))
        if not _LIMIT.fullmatch(limit):
            return refusal(400, "limit is a whole number from 1.")
        recent = await self._control.recent(int(limit))
        return json_reply(
            {"exchanges": [{**fields_of(record), "why": record.why, "hint": record.hint} for record in recent]}
        )


def _word(result: ReloadResult) -> str:
    return "reloaded" if result.ok else "refused"


def _as_text(result: ReloadResult) -> str:
    lines = [f"{_word(result)}; in force: {result.digest}", *result.changes, *result.findings, *result.notes]
    return "\n".join(lines) + "\n"


def _plain(value: object) -> object:
    """The value in the types that YAML and JSON know; anything else as its text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item) for item in value), key=str)
    return value if value is None or type(value) in (str, int, float, bool) else str(value)
