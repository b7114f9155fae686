"""Where log lines go. A reader that hangs up, such as `| head -1`, takes nothing with it but the lines that it no longer
wants: the gateway serves on, says so once, and what follows goes nowhere.
"""

import logging
import os
import sys
from typing import TextIO

_log = logging.getLogger("pacs_gateway.log")


class Lines(logging.StreamHandler[TextIO]):
    """Writes lines to a stream until its reader has gone."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Called by `logging` where a line could not be written. Such a line is lost, and never quoted elsewhere."""
        if not isinstance(sys.exc_info()[1], BrokenPipeError):
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stream.fileno())  # also for what Python flushes at exit, which would change the exit code
        os.close(nowhere)
        _log.warning("the reader of %s has gone: no more is written there", self.stream.name)


def lines_to(stream: TextIO | None) -> logging.Handler:
    """A handler for a stream; for a standard stream that the process was started without, one that writes nowhere."""
    return logging.NullHandler() if stream is None else Lines(stream)
