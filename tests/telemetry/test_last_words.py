"""What Python prints on its own must not quote a request either."""

import subprocess
import sys

PROGRAM = """
import warnings
from gateway.config.settings import LoggingSettings
from gateway.telemetry.access_log import setup_logging
from gateway.telemetry.redaction import redact_last_words

class Broken:
    def __del__(self):
        raise ValueError("GET /studies?PatientName=DOE^JOHN")

setup_logging(LoggingSettings())
redact_last_words()
Broken()
warnings.warn("DOE^JOHN in a warning")
"""


def test_nothing_that_python_says_by_itself_names_a_patient() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0
    assert "ValueError" in done.stderr
    assert "DOE" not in done.stdout + done.stderr
