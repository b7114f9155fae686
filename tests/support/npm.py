"""What comes by npm: packages of others, fetched as they are, with nothing installed."""

import shutil
import subprocess
from pathlib import Path

from tests.support.servers import missing


def packed(package: str, folder: Path) -> Path:
    """The archive of a package, fetched into this folder."""
    if not shutil.which("npm"):
        missing(f"npm is not installed (Debian: npm), and {package} comes by it")
    done = subprocess.run(
        ["npm", "pack", package, "--pack-destination", str(folder)],
        capture_output=True, text=True, timeout=300, cwd=folder,
    )  # fmt: skip
    if done.returncode:
        missing(f"{package} could not be fetched ({done.stderr.strip().splitlines()[-1]})")
    return folder / done.stdout.strip().splitlines()[-1]
