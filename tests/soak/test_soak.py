"""Twenty bad seconds of an archive, and everybody's books compared; `make soak` takes longer."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_the_books_balance_after_a_short_soak(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.soak", "--minutes", "0.33", "--seed", "4", "--keep", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, cwd=PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The books balance." in done.stdout
