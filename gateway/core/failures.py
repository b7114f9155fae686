"""What can go wrong, as values: one row per kind with its place, its status and its sentence.

The words are those of RFC 9209 2.3 where it has one, ours where it has none. A kind says where the blame lies
(`Origin`), never who noticed. `status` is what HTTP at large would say; `documented` is what Table N.7-88 offers for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType


class Origin(StrEnum):
    """Whose fault it is, seen from the gateway."""

    DOWNSTREAM = "downstream"
    GATEWAY = "gateway"
    UPSTREAM = "upstream"


class Sent(Enum):
    """How much of the request can have reached the archive when it failed."""

    NOTHING = "nothing"
    PERHAPS = "perhaps"


class FailureKind(StrEnum):
    """The closed set of failures: a metric label and a word for rules."""

    DNS_TIMEOUT = "dns_timeout"
    DNS_ERROR = "dns_error"
    DESTINATION_UNAVAILABLE = "destination_unavailable"
    DESTINATION_IP_UNROUTABLE = "destination_ip_unroutable"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_TIMEOUT = "connection_timeout"
    CONNECTION_TERMINATED = "connection_terminated"
    CONNECTION_READ_TIMEOUT = "connection_read_timeout"
    CONNECTION_WRITE_TIMEOUT = "connection_write_timeout"
    TLS_PROTOCOL_ERROR = "tls_protocol_error"
    TLS_CERTIFICATE_ERROR = "tls_certificate_error"
    HTTP_PROTOCOL_ERROR = "http_protocol_error"
    HTTP_RESPONSE_INCOMPLETE = "http_response_incomplete"
    HTTP_RESPONSE_HEADER_SECTION_SIZE = "http_response_header_section_size"
    HTTP_RESPONSE_TIMEOUT = "http_response_timeout"

    DESTINATION_NOT_FOUND = "destination_not_found"
    PROXY_LOOP_DETECTED = "proxy_loop_detected"
    PROXY_INTERNAL_ERROR = "proxy_internal_error"
    BREAKER_OPEN = "breaker_open"
    RATE_LIMITED = "rate_limited"
    RATE_EXHAUSTED = "rate_exhausted"
    TOO_BUSY = "too_busy"
    MAINTENANCE = "maintenance"
    DRAINING = "draining"

    HTTP_REQUEST_ERROR = "http_request_error"
    METHOD_NOT_SUPPORTED = "method_not_supported"
    METHOD_REFUSED = "method_refused"
    VERSION_NOT_SUPPORTED = "version_not_supported"
    TARGET_TOO_LONG = "target_too_long"
    HEADER_SECTION_TOO_LARGE = "header_section_too_large"
    CONTENT_TOO_LARGE = "content_too_large"
    EXPECTATION_FAILED = "expectation_failed"
    REQUEST_TIMEOUT = "request_timeout"
    REQUEST_INCOMPLETE = "request_incomplete"
    CLIENT_GONE = "client_gone"


@dataclass(frozen=True, slots=True)
class FailureMeaning:
    """One row of the table below."""

    origin: Origin
    status: int
    documented: int
    error: str  # the RFC 9209 error type to send
    sentence: str


def _upstream(status: int, error: str, sentence: str) -> FailureMeaning:
    # 502 and 504 have no row in Table N.7-88; 503 is what it offers for an archive that cannot answer now.
    return FailureMeaning(Origin.UPSTREAM, status, 503, error, sentence)


def _gateway(status: int, error: str, sentence: str) -> FailureMeaning:
    return FailureMeaning(Origin.GATEWAY, status, status, error, sentence)


def _downstream(status: int, documented: int, sentence: str, error: str = "http_request_error") -> FailureMeaning:
    return FailureMeaning(Origin.DOWNSTREAM, status, documented, error, sentence)


K = FailureKind
MEANINGS: Mapping[FailureKind, FailureMeaning] = MappingProxyType(
    {
        K.DNS_TIMEOUT: _upstream(504, "dns_timeout", "The archive's name was not resolved in time."),
        K.DNS_ERROR: _upstream(502, "dns_error", "The archive's name could not be resolved."),
        K.DESTINATION_UNAVAILABLE: _upstream(503, "destination_unavailable", "The archive could not be reached."),
        K.DESTINATION_IP_UNROUTABLE: _upstream(502, "destination_ip_unroutable", "There is no route to the archive."),
        K.CONNECTION_REFUSED: _upstream(502, "connection_refused", "The archive refused the connection."),
        K.CONNECTION_TIMEOUT: _upstream(504, "connection_timeout", "The archive did not accept a connection in time."),
        K.CONNECTION_TERMINATED: _upstream(
            502, "connection_terminated", "The archive closed the connection before it had answered."
        ),
        K.CONNECTION_READ_TIMEOUT: _upstream(
            504, "connection_read_timeout", "The archive stopped sending in the middle of its answer."
        ),
        K.CONNECTION_WRITE_TIMEOUT: _upstream(
            504, "connection_write_timeout", "The archive stopped reading in the middle of the request."
        ),
        K.TLS_PROTOCOL_ERROR: _upstream(502, "tls_protocol_error", "No TLS connection to the archive came about."),
        K.TLS_CERTIFICATE_ERROR: _upstream(
            502, "tls_certificate_error", "The archive's certificate could not be verified."
        ),
        K.HTTP_PROTOCOL_ERROR: _upstream(502, "http_protocol_error", "The archive's answer was not valid HTTP."),
        K.HTTP_RESPONSE_INCOMPLETE: _upstream(
            502, "http_response_incomplete", "The archive's answer ended before it was complete."
        ),
        K.HTTP_RESPONSE_HEADER_SECTION_SIZE: _upstream(
            502,
            "http_response_header_section_size",
            "The header section of the archive's answer was too large.",
        ),
        K.HTTP_RESPONSE_TIMEOUT: _upstream(504, "http_response_timeout", "The archive did not answer in time."),
        K.DESTINATION_NOT_FOUND: _gateway(404, "destination_not_found", "No route of the gateway leads there."),
        K.PROXY_LOOP_DETECTED: FailureMeaning(
            Origin.GATEWAY,
            502,
            503,
            "proxy_loop_detected",
            "The request came back to the gateway that had sent it.",
        ),
        K.PROXY_INTERNAL_ERROR: _gateway(500, "proxy_internal_error", "The gateway itself failed."),
        K.BREAKER_OPEN: _gateway(
            503, "destination_unavailable", "The archive failed repeatedly and is left to recover."
        ),
        K.RATE_LIMITED: FailureMeaning(
            Origin.GATEWAY, 429, 503, "http_request_denied", "This client sent more requests than it may."
        ),
        K.RATE_EXHAUSTED: _gateway(503, "http_request_denied", "The archive is asked as often as it may be."),
        K.TOO_BUSY: _gateway(503, "connection_limit_reached", "The gateway has as much work as it may take."),
        K.MAINTENANCE: _gateway(503, "destination_unavailable", "The archive is under planned maintenance."),
        K.DRAINING: _gateway(503, "destination_unavailable", "The gateway is shutting down."),
        K.HTTP_REQUEST_ERROR: _downstream(400, 400, "The request is not valid HTTP."),
        K.METHOD_NOT_SUPPORTED: _downstream(501, 501, "The gateway does not know this method."),
        K.METHOD_REFUSED: _downstream(405, 405, "This method is not offered here.", "http_request_denied"),
        K.VERSION_NOT_SUPPORTED: _downstream(505, 505, "The gateway speaks HTTP/1.0 and HTTP/1.1."),
        K.TARGET_TOO_LONG: _downstream(414, 414, "The request target is longer than the gateway accepts."),
        K.HEADER_SECTION_TOO_LARGE: _downstream(431, 400, "The header section is larger than the gateway accepts."),
        K.CONTENT_TOO_LARGE: _downstream(413, 413, "The announced content is larger than any gateway can take."),
        K.EXPECTATION_FAILED: _downstream(417, 400, "The only expectation understood is 100-continue."),
        K.REQUEST_TIMEOUT: _downstream(408, 400, "The request did not arrive in time."),
        K.REQUEST_INCOMPLETE: _downstream(400, 400, "The content of the request ended before it was complete."),
        K.CLIENT_GONE: _downstream(400, 400, "The client left before it had its answer."),
    }
)


@dataclass(frozen=True, slots=True)
class Failure:
    """An outcome without an answer of the archive.

    `retry_after` is what the guard knows about when to come back, in seconds. `allow` are the methods to name when the
    kind is `method_refused`. `hint` is what an operator can do about it, where more is known than the kind.
    """

    kind: FailureKind
    sent: Sent = Sent.NOTHING
    retry_after: float | None = None
    allow: tuple[str, ...] = ()
    hint: str = ""

    @property
    def meaning(self) -> FailureMeaning:
        return MEANINGS[self.kind]

    @property
    def origin(self) -> Origin:
        return self.meaning.origin
