"""The access log: one line per exchange on standard output. An allow-list of fields, which is what keeps patients out.

No path, query, header or address is ever written, because none is in the record. Study, series and instance are named only
as `logging.identifiers` says (`pseudonyms`), here and nowhere else. `logging.level: warning` silences it.
`setup_logging` prepares all loggers of the process: exchanges to standard output, everything else to standard error.
`fields_of` is the allow-list; what a line looks like is its form.
"""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TextIO

from gateway.clock import timestamp
from gateway.config.settings import LoggingSettings
from gateway.telemetry.lines import Batches, lines_to
from gateway.telemetry.pseudonyms import NO_NAMES, Names, naming
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.redaction import OWN, JsonMessages, TextMessages

ACCESS = f"{OWN}.access"
Form = Callable[[ExchangeRecord, Names], str]  # how a line is written


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


def text_line(record: ExchangeRecord, names: Names) -> str:
    """`name=value` for all that has a value."""
    fields = fields_of(record, names)
    time = fields.pop("time")
    return " ".join([str(time), *(f"{name}={value}" for name, value in fields.items() if value not in (None, ""))])


def json_line(record: ExchangeRecord, names: Names) -> str:
    """One JSON object, always with the same keys: what `json.dumps` makes of `fields_of`, in a quarter of the time. Words
    are quoted once for all exchanges that share them; times and numbers never need it, and neither does an id of ours."""
    return (
        f'{{"time": "{timestamp(record.started)}", "id": "{record.id}", '
        f"{_where(record.route, record.upstream, record.transaction)}, {_named(names) if names else ''}"
        f"{_what(record.method, record.received, record.status, record.rule, record.failure)}, "
        f'"seconds": {_rounded(record.seconds)}, "upstream_seconds": {_rounded(record.upstream_seconds)}, '
        f'"bytes_in": {record.bytes_in}, "bytes_out": {record.bytes_out}, '
        f'"retry_after": {"null" if record.retry_source is None else record.retry_seconds}, '
        f'"ended": "{record.ended}", "attempts": {record.attempts}}}'
    )


@lru_cache(1024)
def _where(route: str, upstream: str, transaction: str) -> str:
    return _members({"route": route, "upstream": upstream, "transaction": transaction})


@lru_cache(1024)
def _what(method: str, received: int | None, status: int | None, rule: str, failure: str) -> str:
    return _members({"method": method, "received": received, "status": status, "rule": rule, "failure": failure})


def _named(names: Names) -> str:
    return f"{_members(names)}, "


def _members(fields: Mapping[str, object]) -> str:
    """The inside of a JSON object."""
    return json.dumps(fields)[1:-1]


def _rounded(seconds: float | None) -> str:
    """What `round(seconds, 4)` looks like."""
    if seconds is None:
        return "null"
    text = f"{seconds:.4f}".rstrip("0")
    return f"{text}0" if text[-1] == "." else text


class Exchanges(logging.Handler):
    """Where the lines about exchanges go. A sentence that anybody writes to that logger goes nowhere: it would be a way
    around the allow-list."""

    def __init__(self, stream: TextIO, form: Form) -> None:
        super().__init__()
        self._form, self._batches = form, Batches(stream)

    def tell(self, record: ExchangeRecord, names: Names) -> None:
        self._batches.add(f"{self._form(record, names)}\n")

    def emit(self, record: logging.LogRecord) -> None:
        pass

    def flush(self) -> None:
        """What waits is written."""
        self._batches.flush()

    def close(self) -> None:
        """`logging` sees to it at the end of the process."""
        self._batches.close()
        super().close()


class AccessLog:
    """Writes the line of an exchange."""

    def __init__(self, settings: LoggingSettings) -> None:
        self._logger, self._naming = logging.getLogger(ACCESS), naming(settings)

    def add(self, record: ExchangeRecord, target: str) -> None:
        """`target` is the raw target of the request; only the UIDs in it are looked at, if a line is wanted at all."""
        if self._logger.isEnabledFor(logging.INFO):
            # Past `logging`, which would look up who calls, which thread and which process, for each line.
            for handler in self._logger.handlers:
                if isinstance(handler, Exchanges):
                    handler.tell(record, self._naming(target))


_FORMS: dict[str, tuple[type[logging.Formatter], Form]] = {
    "json": (JsonMessages, json_line),
    "text": (TextMessages, text_line),
}


def setup_logging(settings: LoggingSettings, stream: TextIO | None = None) -> None:
    """Prepares the loggers of the process; again after a reload. `stream` takes the place of both standard streams."""
    messages, form = _FORMS[settings.format]
    # A line that cannot be written must not be quoted with its arguments on standard error, which is what the default does.
    logging.raiseExceptions = False
    _attach("", lines_to(stream or sys.stderr, messages()))
    _attach(ACCESS, exchanges_to(stream or sys.stdout, form))
    logging.getLogger().setLevel(logging.WARNING)  # libraries
    logging.getLogger(OWN).setLevel(settings.level.upper())
    logging.getLogger(ACCESS).propagate = False


def exchanges_to(stream: TextIO | None, form: Form) -> logging.Handler:
    """A handler for a stream; for a standard stream that the process was started without, one that writes nowhere."""
    return logging.NullHandler() if stream is None else Exchanges(stream, form)


def _attach(name: str, handler: logging.Handler) -> None:
    """One handler of ours per logger, however often this is called; those of others stay."""
    logger = logging.getLogger(name)
    handler.set_name(f"{OWN}.{name or 'root'}")
    for old in [old for old in logger.handlers if old.get_name() == handler.get_name()]:
        logger.removeHandler(old)
        old.flush()
    logger.addHandler(handler)
