"""The short pass of the fuzzer: every seed as a test of its own, then a fixed number of runs with a fixed seed.

`make fuzz` is the long one.
"""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
SEEDS = Path(__file__).parent / "seeds"
FILES = sorted(SEEDS.glob("*/*"))

# Its wheels are for Linux on x86-64. Where it can be had it must be, and CI is such a place.
needs_atheris = pytest.mark.skipif(
    find_spec("atheris") is None and os.environ.get("CI") != "true", reason="atheris has no wheel for this machine"
)


@pytest.mark.parametrize("seed", FILES, ids=[f"{file.parent.name}/{file.name}" for file in FILES])
def test_no_seed_breaks_a_promise(seed: Path) -> None:
    TARGETS[seed.parent.name].check(seed.read_bytes())


def test_every_target_has_seeds() -> None:
    assert {file.parent.name for file in FILES} == TARGETS.keys()


@needs_atheris
@pytest.mark.parametrize("name", TARGETS)
def test_the_fuzzer_breaks_no_promise(name: str, tmp_path: Path) -> None:
    runs = TARGETS[name].runs
    command = [sys.executable, "tests/fuzz/run.py", name, f"-atheris_runs={runs}", "-seed=1"]
    done = subprocess.run(
        [*command, f"-artifact_prefix={tmp_path}/"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"Done {runs} (?:runs )?in ", done.stdout + done.stderr)
