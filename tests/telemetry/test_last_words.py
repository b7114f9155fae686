"""What Python prints on its own must not quote a request or a secret either."""

import subprocess
import sys

import pytest

PREPARED = """
import threading, warnings
from gateway.config.settings import LoggingSettings
from gateway.telemetry.access_log import setup_logging
from gateway.telemetry.redaction import redact_last_words

NAME = "GET /studies?PatientName=DOE^JOHN"

def fail():
    raise ValueError(NAME)

class Broken:
    def __del__(self):
        fail()

redact_last_words()
"""
SET_UP = "setup_logging(LoggingSettings())\n"
ENDS = {
    "an object that cannot be taken apart": (
        "Broken()",
        0,
        "Something failed where nobody could hear of it: ValueError at ",
    ),
    "a warning": ("warnings.warn(NAME)", 0, "Its words are withheld"),
    "the process": ("fail()", 1, "The process ends on an error of its own: ValueError at "),
    "a thread": ("threading.Thread(target=fail).start()", 0, "A thread ended on an error of its own: ValueError at "),
}


def last_words(program: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", PREPARED + program], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("end", ENDS)
def test_nothing_that_python_says_by_itself_names_a_patient(end: str) -> None:
    program, code, expected = ENDS[end]
    returned, said = last_words(SET_UP + program)
    assert (returned, expected in said, "DOE" in said) == (code, True, False)


def test_the_log_need_not_be_there_yet() -> None:
    """An error while the configuration is read may quote a secret of it."""
    returned, said = last_words("fail()")
    assert returned == 1
    assert said.startswith("The process ends on an error of its own: ValueError at ")
    assert said.count("\n") == 1
