"""The rings hold: inner packages never import outer ones, and the judgement knows no clock, loop, file, socket or log.

The contracts are in pyproject.toml. Prose forgets; this does not.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(LINT, cwd=folder, env=environ, capture_output=True, text=True, timeout=60)


def test_the_rings_hold() -> None:
    found = linted(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("gateway/core/fields.py", "import time"),
        ("gateway/guard/admission.py", "from gateway.proxy import clock"),
        ("gateway/dicomweb/media.py", "import gateway.core.fields"),
    ],
)
def test_a_broken_ring_is_found(file: str, line: str, tmp_path: Path) -> None:
    """A check that never fails proves nothing."""
    shutil.copytree(ROOT / "gateway", tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    module = tmp_path / file
    module.write_text(f"{module.read_text('utf-8')}\n{line}\n", "utf-8")
    found = linted(tmp_path)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "BROKEN" in found.stdout
