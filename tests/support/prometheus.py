"""Debian's promtool: what Prometheus itself thinks of our rules, queries and metrics."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.support.servers import missing


def promtool(*words: str | Path, text: str | None = None) -> str:
    """What it said, once it had nothing against what it was shown; `text` is what it reads from standard input."""
    program = shutil.which("promtool") or missing("promtool is not installed (Debian: prometheus)")
    done = subprocess.run([program, *words], input=text, capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def understands(queries: Sequence[str], folder: Path) -> None:
    """Each of them is PromQL. Only files of rules can be checked, so they are put into one."""
    rules = [{"record": f"asked:{number}", "expr": query} for number, query in enumerate(queries)]
    file = folder / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))
    assert f"{len(queries)} rules found" in promtool("check", "rules", file)
