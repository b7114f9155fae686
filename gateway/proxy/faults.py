"""Exceptions of the two legs, and the table that makes failures of library exceptions.

Blame goes by place, not by class: a client that leaves makes aiohttp raise a `ClientError` too. So each leg has one
context manager, and what is raised inside it is the fault of that leg's peer. No exception text is kept: it quotes
addresses, targets and whatever the peer had sent.
"""

import asyncio
import errno
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import client_exceptions as client
from aiohttp import http_exceptions as http

from gateway.core.failures import Failure, FailureKind, Sent
from gateway.proxy.tls_hints import hint

K = FailureKind


class Fault(Exception):  # noqa: N818 - a fault of a peer, not an error of ours
    """One leg failed; `failure` says how. Its text is the kind alone."""

    def __init__(self, kind: FailureKind, sent: Sent = Sent.NOTHING, hint: str = "") -> None:
        super().__init__(kind.value)
        self.failure = Failure(kind, sent, hint=hint)


class UpstreamFault(Fault):
    """The archive, or the way to it."""


class DownstreamFault(Fault):
    """The client, or the way to it."""


# Subclasses before their bases: the first row that fits wins.
CONNECT_FAULTS: tuple[tuple[type[BaseException], FailureKind], ...] = (
    (client.ClientConnectorDNSError, K.DNS_ERROR),
    (client.ClientConnectorCertificateError, K.TLS_CERTIFICATE_ERROR),
    (ssl.SSLCertVerificationError, K.TLS_CERTIFICATE_ERROR),
    (client.ClientConnectorSSLError, K.TLS_PROTOCOL_ERROR),
    (ssl.SSLError, K.TLS_PROTOCOL_ERROR),
    (asyncio.TimeoutError, K.CONNECTION_TIMEOUT),
    (ConnectionRefusedError, K.CONNECTION_REFUSED),
    (ConnectionResetError, K.CONNECTION_TERMINATED),
)
_UNROUTABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}

ANSWER_FAULTS: tuple[tuple[type[BaseException], FailureKind], ...] = (
    (http.LineTooLong, K.HTTP_RESPONSE_HEADER_SECTION_SIZE),
    (http.HttpProcessingError, K.HTTP_PROTOCOL_ERROR),
    (client.ClientPayloadError, K.HTTP_RESPONSE_INCOMPLETE),
    (asyncio.TimeoutError, K.HTTP_RESPONSE_TIMEOUT),
    (OSError, K.CONNECTION_TERMINATED),
)


def _kind(
    error: BaseException, table: tuple[tuple[type[BaseException], FailureKind], ...], default: FailureKind
) -> FailureKind:
    return next((kind for type_, kind in table if isinstance(error, type_)), default)


def name_fault(error: Exception) -> UpstreamFault:
    """What an exception while looking for the archive's address means."""
    return UpstreamFault(K.DNS_TIMEOUT if isinstance(error, TimeoutError) else K.DNS_ERROR)


def connect_fault(error: Exception) -> UpstreamFault:
    """What an exception while connecting to that address means."""
    cause = getattr(error, "os_error", error)
    if isinstance(error, (client.ClientConnectorDNSError, client.ClientSSLError)):
        cause = error
    if isinstance(cause, OSError) and cause.errno in _UNROUTABLE:
        return UpstreamFault(K.DESTINATION_IP_UNROUTABLE)
    return UpstreamFault(_kind(cause, CONNECT_FAULTS, K.DESTINATION_UNAVAILABLE), hint=hint(cause))


def answer_fault(error: BaseException) -> UpstreamFault:
    """What an exception while waiting for an answer or reading it means. The request may have been read."""
    if isinstance(error, UpstreamFault):
        return error
    return UpstreamFault(_kind(error, ANSWER_FAULTS, K.HTTP_PROTOCOL_ERROR), Sent.PERHAPS)


@contextmanager
def reading_the_client() -> Iterator[None]:
    """Around reads of a request's content."""
    try:
        yield
    except TimeoutError:
        raise DownstreamFault(K.REQUEST_TIMEOUT) from None
    except ConnectionError:
        raise DownstreamFault(K.CLIENT_GONE) from None
    except Exception:
        raise DownstreamFault(K.REQUEST_INCOMPLETE) from None


@contextmanager
def writing_to_the_client() -> Iterator[None]:
    """Around writes of a reply."""
    try:
        yield
    except (TimeoutError, OSError, client.ClientError):
        raise DownstreamFault(K.CLIENT_GONE) from None
