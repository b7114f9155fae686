"""All that the gateway writes, for tests that look for what must not be in it."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.config.settings import LoggingSettings
from gateway.telemetry.access_log import ACCESS, setup_logging


@contextmanager
def captured_logs() -> Iterator[io.StringIO]:
    """Logging as in production, at its most talkative, into a buffer."""
    stream, raising = io.StringIO(), logging.raiseExceptions
    loggers = [logging.getLogger(name) for name in ("", ACCESS)]
    before = [list(logger.handlers) for logger in loggers]
    setup_logging(LoggingSettings(level="debug"), stream)
    try:
        yield stream
    finally:
        for logger, handlers in zip(loggers, before, strict=True):
            logger.handlers[:] = handlers
        logging.raiseExceptions = raising


class Writes(io.StringIO):
    """Remembers what was written in one piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return len(text)
