"""What may be written about an error: the name of its class and the places in the code, never its words.

The words of a foreign library quote what it worked on. aiohttp's say which request line it could not read, asyncio's name
the arguments of a callback, and a DICOMweb request line holds patient names and identifiers. So only calls in this package
speak in words. Of all other calls, also those that a library makes on a logger we lent it, a line keeps the logger, the
place and the error's class. Of our own lines the text of an attached exception is left out as well.
"""

import asyncio
import json
import logging
import os
import sys
import threading
import traceback
from pathlib import PurePath
from types import TracebackType
from typing import Any

import gateway
from gateway.clock import timestamp

OWN = "pacs_gateway"
WITHHELD = "A library reported a problem. Its words are withheld: they may quote a request."
_PLACES = 4  # innermost frames named in a line
_PACKAGE = f"{PurePath(gateway.__file__).parent}{os.sep}"


def described(error: BaseException) -> str:
    """An error for a log line: its class, and where it was raised, the innermost place first."""
    places = [_place(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    where = ", ".join(reversed(places[-_PLACES:]))
    return f"{type(error).__name__} at {where}" if where else type(error).__name__


def _place(filename: str, line: int) -> str:
    return f"{'/'.join(PurePath(filename).parts[-2:])}:{line}"


def message_fields(record: logging.LogRecord) -> dict[str, str]:
    """What a line about this log record may hold."""
    own = record.pathname.startswith(_PACKAGE)
    fields = {"time": timestamp(record.created), "level": record.levelname.lower(), "logger": record.name}
    fields["message"] = record.getMessage() if own else WITHHELD
    error = _error_of(record)
    if error is not None:
        fields["error"] = described(error)
    if not own:
        fields["place"] = _place(record.pathname, record.lineno)
    return fields


def _error_of(record: logging.LogRecord) -> BaseException | None:
    if record.exc_info and record.exc_info[1] is not None:
        return record.exc_info[1]
    given = record.args if isinstance(record.args, tuple) else ()
    return next((value for value in given if isinstance(value, BaseException)), None)


class JsonMessages(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(message_fields(record))


class TextMessages(logging.Formatter):
    """For people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        fields = message_fields(record)
        details = [fields[name] for name in ("error", "place") if name in fields]
        text = " | ".join([fields["message"], *details])
        return f"{fields['time']} {fields['level']:<7} {fields['logger']}: {text}"


def redacting_exception_handler(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """For `loop.set_exception_handler`. Of the context only the exception's class and place are used."""
    logging.getLogger(f"{OWN}.loop").error("Something failed in the event loop: %s", _what(context.get("exception")))


def _what(error: object) -> str:
    return described(error) if isinstance(error, BaseException) else "no exception was named"


def redact_last_words() -> None:
    """What Python prints on its own, warnings and exceptions that nobody could catch, goes the same way as all else."""
    logging.captureWarnings(True)
    sys.unraisablehook = _unraisable
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_a_thread


def _unraisable(unraisable: Any) -> None:
    _process().error("Something failed where nobody could hear of it: %s", _what(unraisable.exc_value))


def _uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    _process().critical("The process ends on an error of its own: %s", _what(error))


def _uncaught_in_a_thread(thread: Any) -> None:
    _process().error("A thread ended on an error of its own: %s", _what(thread.exc_value))


def _process() -> logging.Logger:
    return logging.getLogger(f"{OWN}.process")
