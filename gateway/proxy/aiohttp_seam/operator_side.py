"""aiohttp's side towards operators: its own application server, but for what it says of requests it cannot serve.

aiohttp's 400 page repeats the bytes it could not read, its 500 page in debug mode the traceback, and its log both. A scanner
or a viewer with the wrong port sends patients' names there as well, so the page is one sentence and the log a class.
"""

from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler


class OperatorProtocol(RequestHandler):
    """One connection to the admin port."""

    __slots__ = ()

    async def finish_response(self, request: Any, resp: Any, start_time: float | None) -> Any:
        """An `HTTPException` that comes so far was raised by aiohttp itself, such as 417 with the expectation in its text."""
        told = _plain(resp.status) if isinstance(resp, web.HTTPException) else resp
        return await super().finish_response(request, told, start_time)

    def handle_error(
        self, request: Any, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Also for what fails after the head is out: then only a close is honest."""
        self.log_exception(exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("the reply had begun")
        return _plain(status)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        self.logger.warning("a request to the admin port was not served: %s", type(kw.get("exc_info")).__name__)


def _plain(status: int) -> web.Response:
    text = "The admin port cannot serve this request.\n"
    reply = web.Response(status=status, text=text, headers={"Server": "pacs-gateway"})
    reply.force_close()
    return reply


class OperatorServer(web.Server):
    """aiohttp's low-level server with our protocol."""

    def __call__(self) -> RequestHandler:
        return OperatorProtocol(self, loop=self._loop, **self._kwargs)


class OperatorRunner(web.AppRunner):
    """Runs an application on an `OperatorServer`."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return OperatorServer(
            made.request_handler, request_factory=made.request_factory, loop=made._loop, **made._kwargs
        )
