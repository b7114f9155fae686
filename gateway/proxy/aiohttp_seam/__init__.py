"""The one place that knows the inside of aiohttp 3.14: its client protocol and connector (`archive_side`), its server
protocol (`client_side`), and the error page of its applications (`operator_side`).

What is used and is not public: `ResponseHandler` (subclassed, through `TCPConnector._factory`), its `_parser`, `_payload`
and `_should_close`; `RequestHandler` (subclassed, with a `start` of our own), its `_parser` and that one's
`message_consumed`, `_make_error_handler`, `_ErrInfo` and `ERROR`, `_request_handler`, `_messages`, `_waiter`,
`_task_handler`, `_handler_waiter`, `_request_in_progress`, `_current_request`, `_request_count`, `_message_tail`,
`_upgraded`, `_close`, `_force_close`, `_buffer_paused`, `_msg_queue_resume_size`, `_resume_reading_if_drained`,
`_manager`, `_keepalive`, `_keepalive_timeout`, `_keepalive_handle`, `_next_keepalive_close_time` and
`_process_keepalive`; `EMPTY_PAYLOAD`; `_drain_helper` and `_paused` of both; `AppRunner._make_server`;
`Server._connections`; `BaseSite._server`; and of asyncio, the TLS layer below a transport (`hanging_up`, `tcp_below`).
tests/proxy/test_aiohttp_seam.py fails when one of them changes.

Why so low: a pooled connection that hears bytes while idle must be closed, not reused, or one patient's answer reaches
another's viewer; an error after the header section must reach the reader of the body, not a queue nobody reads; and
aiohttp's own error page and log quote the request line.
"""

import aiohttp.helpers
import aiohttp.http_parser

from gateway.proxy.aiohttp_seam.archive_side import MAX_INTERIM, Awaited, GatewayConnector, Origin, UpstreamProtocol
from gateway.proxy.aiohttp_seam.client_side import DownstreamProtocol, Finished, GatewayServer, Handler, Incoming
from gateway.proxy.aiohttp_seam.operator_side import OperatorRunner
from gateway.proxy.aiohttp_seam.site import BACKLOG, Greeting, TrafficSite

__all__ = [
    "BACKLOG",
    "MAX_INTERIM",
    "Awaited",
    "DownstreamProtocol",
    "Finished",
    "GatewayConnector",
    "GatewayServer",
    "Greeting",
    "Handler",
    "Incoming",
    "OperatorRunner",
    "Origin",
    "TrafficSite",
    "UnsuitableAiohttp",
    "UpstreamProtocol",
    "require_suitable_aiohttp",
]


class UnsuitableAiohttp(RuntimeError):  # noqa: N818
    """aiohttp is there, but not in the form the gateway was proven on."""


def require_suitable_aiohttp() -> None:
    """Refuse the pure Python parser and debug mode: both judge other bytes to be valid HTTP than the C parser does."""
    if aiohttp.http_parser.HttpResponseParser.__module__ != "aiohttp._http_parser":
        raise UnsuitableAiohttp(
            "aiohttp lacks its C extension; install a wheel with it (AIOHTTP_NO_EXTENSIONS must not be set)"
        )
    if aiohttp.helpers.DEBUG:
        raise UnsuitableAiohttp("aiohttp is in debug mode; start Python without -X dev and without PYTHONASYNCIODEBUG")
