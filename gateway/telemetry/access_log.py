"""The access log: one line per exchange on standard output. An allow-list of fields, which is what keeps patients out.

No path, query, header or address is ever written, because none is in the record. Study, series and instance are named only
as `logging.identifiers` says (`pseudonyms`), here and nowhere else. `logging.level: warning` silences it.
`setup_logging` prepares all loggers of the process: exchanges to standard output, everything else to standard error.
"""

import json
import logging
import sys
from typing import NamedTuple, TextIO

from gateway.clock import timestamp
from gateway.config.settings import LoggingSettings
from gateway.telemetry.lines import lines_to
from gateway.telemetry.pseudonyms import NO_NAMES, Names, naming
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.redaction import OWN, JsonMessages, TextMessages

ACCESS = f"{OWN}.access"


def fields_of(record: ExchangeRecord, names: Names = NO_NAMES) -> dict[str, object]:
    """Everything that may be told of an exchange, in the order in which people read it. `names` are of what it asked for."""
    return {
        "time": timestamp(record.started),
        "id": record.id,
        "route": record.route,
        "upstream": record.upstream,
        "transaction": record.transaction,
        **names,
        "method": record.method,
        "received": record.received,
        "status": record.status,
        "rule": record.rule,
        "failure": record.failure,
        "seconds": round(record.seconds, 4),
        "upstream_seconds": None if record.upstream_seconds is None else round(record.upstream_seconds, 4),
        "bytes_in": record.bytes_in,
        "bytes_out": record.bytes_out,
        "retry_after": None if record.retry_source is None else record.retry_seconds,
        "ended": record.ended,
        "attempts": record.attempts,
    }


class Line(NamedTuple):
    """One line before it is text. It lives no longer than the call that writes it."""

    record: ExchangeRecord
    names: Names


class AccessLog:
    """Writes the line of an exchange."""

    def __init__(self, settings: LoggingSettings) -> None:
        self._logger, self._naming = logging.getLogger(ACCESS), naming(settings)

    def add(self, record: ExchangeRecord, target: str) -> None:
        """`target` is the raw target of the request; only the UIDs in it are looked at, if a line is wanted at all."""
        if self._logger.isEnabledFor(logging.INFO):
            # The line travels as the message; the formatter below turns it into text. Made here and not by `info`, which
            # would walk up the stack to find out who calls.
            line = Line(record, self._naming(target))
            self._logger.handle(logging.LogRecord(ACCESS, logging.INFO, "", 0, line, None, None))


def _fields(line: logging.LogRecord) -> dict[str, object]:
    assert isinstance(line.msg, Line), "only exchanges go to the access log"
    return fields_of(line.msg.record, line.msg.names)


class JsonExchanges(logging.Formatter):
    """One JSON object a line, always with the same keys."""

    def format(self, line: logging.LogRecord) -> str:
        return json.dumps(_fields(line))


class TextExchanges(logging.Formatter):
    """`name=value` for all that has a value."""

    def format(self, line: logging.LogRecord) -> str:
        fields = _fields(line)
        time = fields.pop("time")
        return " ".join([str(time), *(f"{name}={value}" for name, value in fields.items() if value not in (None, ""))])


_FORMATTERS: dict[str, tuple[type[logging.Formatter], type[logging.Formatter]]] = {
    "json": (JsonMessages, JsonExchanges),
    "text": (TextMessages, TextExchanges),
}


def setup_logging(settings: LoggingSettings, stream: TextIO | None = None) -> None:
    """Prepares the loggers of the process; again after a reload. `stream` takes the place of both standard streams."""
    messages, exchanges = _FORMATTERS[settings.format]
    # A line that cannot be written must not be quoted with its arguments on standard error, which is what the default does.
    logging.raiseExceptions = False
    _attach("", stream or sys.stderr, messages())
    _attach(ACCESS, stream or sys.stdout, exchanges())
    logging.getLogger().setLevel(logging.WARNING)  # libraries
    logging.getLogger(OWN).setLevel(settings.level.upper())
    logging.getLogger(ACCESS).propagate = False


def _attach(name: str, stream: TextIO | None, formatter: logging.Formatter) -> None:
    """One handler of ours per logger, however often this is called; those of others stay."""
    logger, handler = logging.getLogger(name), lines_to(stream)
    handler.set_name(f"{OWN}.{name or 'root'}")
    handler.setFormatter(formatter)
    for old in [old for old in logger.handlers if old.get_name() == handler.get_name()]:
        logger.removeHandler(old)
    logger.addHandler(handler)
