"""The gateway as a container, for `deploy/image/trial.sh`: with nothing that it could write to, no capability, and no way to
gain one. It shares the network of the machine, so that it reaches the archives of the tests on the loopback.
"""

import json
import re
import subprocess
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.lifecycle.process import Gateway as Process
from tests.pacs.gateway_process import Gateway

PODMAN = "podman"
STRICT = (
    "--network=host", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges",
    "--no-healthcheck",  # the tests ask it themselves
)  # fmt: skip


def podman(*arguments: str, code: int = 0) -> str:
    """What it printed, either way; a line that ends with another code is a failure."""
    done = subprocess.run([PODMAN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == code, done.stdout
    return done.stdout


def about(image: str) -> dict[str, Any]:
    """What is written in the image about itself."""
    [found] = json.loads(podman("image", "inspect", image))
    return dict(found)


def run(image: str, name: str, *options: str, folder: Path | None = None) -> list[str]:
    """The start of a command line; what the image is to do comes behind it. The folder holds `gateway.yaml`."""
    if folder is not None:
        folder.chmod(0o755)  # the gateway is somebody else in there
        options = (f"--volume={folder}:/etc/pacs-gateway:ro", *options)
    return [PODMAN, "run", "--rm", f"--name={name}", *STRICT, *options, image]


def new_name() -> str:
    return f"pacs-gateway-{uuid.uuid4().hex[:12]}"


class ContainedGateway(Gateway):
    """As `Gateway`: podman passes on the signals, the two outputs and the exit code."""

    def __init__(self, folder: Path, upstream: str, image: str) -> None:
        super().__init__(folder, upstream)
        self.name = new_name()
        self.command = run(image, self.name, folder=folder)

    def inside(self, *command: str) -> str:
        return podman("exec", self.name, *command)

    def kill(self) -> None:
        podman("rm", "--force", "--ignore", self.name)
        super().kill()


class ContainedProcess(Process):
    """As the gateway of tests/lifecycle."""

    def __init__(self, folder: Path, url: str, image: str, workers: int = 1, drain: str = "10s") -> None:
        super().__init__(folder, url, drain=drain, workers=workers)
        self.name = new_name()
        self._command = run(image, self.name, folder=folder)

    @property
    def command(self) -> str:
        return "exec " + " ".join(self._command)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        podman("rm", "--force", "--ignore", self.name)
        await super().__aexit__(kind, error, trace)


def rights(gateway: ContainedGateway) -> dict[str, str]:
    """Who the gateway's process is, and what it may do, as the kernel tells."""
    text = gateway.inside("python", "-c", "print(open('/proc/1/status').read())")
    return dict(re.findall(r"^(\w+):\s*(.*)$", text, re.MULTILINE))
