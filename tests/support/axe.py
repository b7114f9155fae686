"""axe-core (MPL-2.0), the rules by which most accessibility checks judge a page: fetched by npm, kept with pytest's cache."""

import json
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.chromium import Page
from tests.support.npm import packed

PACKAGE = "axe-core@4.14.1"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe_script(folder: Path) -> str:
    """The script, in this folder or fetched into it. Two processes may do that at once: each file appears as a whole."""
    script = folder / f"{PACKAGE}.js"
    if not script.exists():
        with TemporaryDirectory(dir=folder) as own:
            fetched = _fetched(Path(own))
            fetched.rename(script)
    return script.read_text()


def _fetched(folder: Path) -> Path:
    with tarfile.open(packed(PACKAGE, folder)) as files:
        files.extract("package/axe.min.js", folder, filter="data")
    return folder / "package" / "axe.min.js"


async def violations(page: Page, script: str) -> list[str]:
    """What a page gets wrong: the rule, and where. The browser runs the script for us; the page's own policy allows none."""
    await page.run(f"{script}; 0")
    options = json.dumps({"runOnly": _RULES, "resultTypes": ["violations"]})
    found: list[dict[str, Any]] = await page.run(f"axe.run({options}).then(result => result.violations)")
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]
