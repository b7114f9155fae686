"""What a span tells of an exchange: an allow-list. It is made of the record, which cannot hold anything that names a patient.

Names are those of OpenTelemetry's semantic conventions for HTTP servers where they have one, and begin with `pacs_gateway`
where they have none. What the conventions ask for beyond that is left out on purpose: `url.path` and `url.query` name
studies and patients, `client.address` and `user_agent.original` people and their machines.
"""

from collections.abc import Callable, Mapping
from typing import Final

from gateway.core.request import KNOWN_METHODS
from gateway.dicomweb.statuses import SWITCHING_PROTOCOLS
from gateway.telemetry.record import ExchangeRecord

Value = str | int | float


def is_error(record: ExchangeRecord) -> bool:
    """By the conventions: what a server has done wrong, not what a client asked for in vain."""
    cut = record.ended == "truncated" or (record.ended == "draining" and record.status != SWITCHING_PROTOCOLS)
    return cut or (record.status or 0) >= 500


def _method(record: ExchangeRecord) -> str:
    return record.method if record.method in KNOWN_METHODS else "_OTHER"


def _error(record: ExchangeRecord) -> str | None:
    return (record.failure or str(record.status or record.ended)) if is_error(record) else None


ATTRIBUTES: Final[Mapping[str, Callable[[ExchangeRecord], Value | None]]] = {
    "http.request.method": _method,
    "http.response.status_code": lambda record: record.status,
    "http.request.body.size": lambda record: record.bytes_in,
    "http.response.body.size": lambda record: record.bytes_out,
    "error.type": _error,
    "pacs_gateway.exchange": lambda record: record.id,
    "pacs_gateway.route": lambda record: record.route,
    "pacs_gateway.upstream": lambda record: record.upstream,
    "pacs_gateway.transaction": lambda record: record.transaction,
    "pacs_gateway.rule": lambda record: record.rule,
    "pacs_gateway.received_status": lambda record: record.received,
    "pacs_gateway.failure": lambda record: record.failure or None,
    "pacs_gateway.ended": lambda record: record.ended,
    "pacs_gateway.attempts": lambda record: record.attempts,
    "pacs_gateway.upstream_duration": lambda record: record.upstream_seconds,
    "pacs_gateway.retry_source": lambda record: record.retry_source.value if record.retry_source else None,
    "pacs_gateway.retry_after": lambda record: record.retry_seconds if record.retry_source else None,
}


def attributes(record: ExchangeRecord) -> dict[str, Value]:
    """Those that this exchange has."""
    found = {name: value_of(record) for name, value_of in ATTRIBUTES.items()}
    return {name: value for name, value in found.items() if value is not None}


def name(record: ExchangeRecord) -> str:
    """Of few different ones, so that spans can be counted by it: the method, and what was wanted."""
    method = record.method if record.method in KNOWN_METHODS else "HTTP"
    return f"{method} {record.transaction}"
