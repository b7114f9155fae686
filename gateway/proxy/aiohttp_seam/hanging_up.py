"""How an archive hung up: whether it said that nothing follows, and what it had said just before.

asyncio knows both and tells neither. Over TLS it reports the end of the TCP connection as if it were the end of what was
sent (RFC 8446 6.1: only close_notify is). And when a write fails it gives the connection up, while the last words of the
archive lie in the socket unread: an archive may refuse an upload and close at once.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_PIECE = 64 * 1024

Hear = Callable[[bytes], object]
IsAwaited = Callable[[], bool]


def has_said_end(transport: asyncio.BaseTransport) -> bool:
    """For `eof_received`: whether the archive meant the end. TCP alone says so with its FIN. Over TLS anybody on the way
    can send a FIN; the archive's own word is close_notify, after which there is nothing to read, not even later."""
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return True
    try:
        return bool(tls.read(1) == b"")
    except ssl.SSLError:  # SSLWantReadError: the TLS layer waits for more
        return False


def hear_last_words(transport: asyncio.BaseTransport, hear: Hear, is_awaited: IsAwaited) -> None:
    """Read a plain connection on, now that asyncio has given it up and not closed it yet."""
    with suppress(OSError), socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as raw:
        while is_awaited() and (piece := raw.recv(_PIECE)):
            hear(piece)


def hear_last_words_over_tls(transport: asyncio.BaseTransport, hear: Hear, is_awaited: IsAwaited) -> None:
    """The same for TLS, to be called when the connection is made. asyncio's TLS layer learns of the loss first, and the
    socket is closed before it tells anybody else; so from now on it reads what is there before it believes the loss.

    The layer and its `connection_lost` and `_incoming` are asyncio's own. Another loop may have others: the last words are
    then lost, and the outcome of the request stays unknown, as it is for a reset without any."""
    layer: Any = getattr(transport, "_ssl_protocol", None)
    if not hasattr(layer, "_incoming"):
        return
    believe, tls = layer.connection_lost, transport.get_extra_info("ssl_object")

    def connection_lost(error: Exception | None) -> None:
        if isinstance(error, ConnectionError):
            hear_last_words(transport, layer._incoming.write, is_awaited)
            error = _deciphered(tls, hear, is_awaited) or error
        believe(error)

    layer.connection_lost = connection_lost


def _deciphered(tls: ssl.SSLObject, hear: Hear, is_awaited: IsAwaited) -> ssl.SSLError | None:
    """Pass on what TLS makes of the bytes it has; what it says where they are an alert."""
    try:
        while is_awaited() and (piece := tls.read(_PIECE)):
            hear(piece)
    except ssl.SSLWantReadError:
        pass
    except ssl.SSLError as alert:
        return alert
    return None
