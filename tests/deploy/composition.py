"""deploy/compose/compose.yaml as a table: its services, and where each of their mounts leads."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "compose"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


@dataclass(frozen=True)
class Mount:
    """`source` is a path of this repository, or the name of a volume."""

    source: str
    target: PurePosixPath
    read_only: bool

    @property
    def is_volume(self) -> bool:
        return not self.source.startswith(".")


def mounts(service: str) -> Iterator[Mount]:
    for line in SERVICES[service]["volumes"]:
        source, target, *options = line.split(":")
        yield Mount(source, PurePosixPath(target), options == ["ro"])


def on_this_machine(service: str, inside: str) -> Path:
    """The file or folder of this repository that the service sees as `inside`."""
    path = PurePosixPath(inside)
    for mount in mounts(service):
        if not mount.is_volume and path.is_relative_to(mount.target):
            return (FOLDER / mount.source / path.relative_to(mount.target)).resolve()
    raise AssertionError(f"{service} has no mount for {inside}")
