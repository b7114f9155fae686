"""The command line as its users meet it: in this process, or in one of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def called(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Ended:
    """One command in this process."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return Ended(code, out, err)


def started(*arguments: str | Path, **environ: str) -> Ended:
    """One command in a process of its own."""
    return _run((), arguments, environ)


def started_by_nobody_special(*arguments: str | Path) -> Ended:
    """The same without what root may do to files that are closed to it."""
    return _run(("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else (), arguments, {})


def _run(before: Sequence[str], arguments: Sequence[str | Path], environ: Mapping[str, str]) -> Ended:
    command = [*before, sys.executable, "-m", "gateway", *(str(argument) for argument in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **environ})
    return Ended(done.returncode, done.stdout, done.stderr)
