"""The opening handshake of a WebSocket (RFC 6455 4), as far as a gateway has to judge it: behind it, bytes pass unread.

The notification channel (PS3.18 8.10.4) is the one protocol the gateway switches to. Its request must leave no doubt that
the client speaks WebSocket, and the archive's 101 must prove that it has read that very request; or else bytes of HTTP
could pass for bytes of a tunnel, and the other way round.
"""

import re
from base64 import b64encode
from hashlib import sha1

from gateway.core.facts import RequestFacts, Response
from gateway.core.fields import Fields
from gateway.dicomweb.statuses import SWITCHING_PROTOCOLS

CHANNEL = "notification.open"
# Said by the gateway on either side: `Connection` and `Upgrade` are for one hop (RFC 9110 7.6.1), and end at it.
UPGRADE_LINES = (("Connection", "Upgrade"), ("Upgrade", "websocket"))

_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")  # base64 of 16 bytes
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3


def asks_for_channel(request: RequestFacts) -> bool:
    """Whether this request means to open the notification channel, in good form or not."""
    return request.transaction.id == CHANNEL


def is_sound(request: RequestFacts) -> bool:
    """Whether the client's half of the handshake is as RFC 6455 4.2.1 has it. The version of HTTP was looked at before."""
    fields = request.fields
    keys = fields.all("Sec-WebSocket-Key")
    return (
        request.method == "GET"
        and not request.has_content
        and _switches(fields)
        and fields.all("Sec-WebSocket-Version") == ("13",)
        and len(keys) == 1
        and _KEY.fullmatch(keys[0]) is not None
    )


def is_agreed(request: RequestFacts, response: Response) -> bool:
    """Whether this answer switches protocols as it was asked to (RFC 6455 4.1); any other 101 is a fault."""
    return (
        response.status == SWITCHING_PROTOCOLS
        and asks_for_channel(request)
        and is_sound(request)
        and _switches(response.fields)
        and response.fields.all("Sec-WebSocket-Accept") == (accept_of(request.fields.get("Sec-WebSocket-Key")),)
    )


def accept_of(key: str) -> str:
    """What a server answers to this key: proof that it read the request, and no secret (RFC 6455 4.2.2)."""
    return b64encode(sha1(key.encode("latin-1") + _GUID, usedforsecurity=False).digest()).decode()


def _switches(fields: Fields) -> bool:
    """To WebSocket and nothing else, on this connection (RFC 9110 7.8)."""
    options = {option.strip().lower() for option in fields.combined("Connection").split(",")}
    return "upgrade" in options and [value.lower() for value in fields.all("Upgrade")] == ["websocket"]
