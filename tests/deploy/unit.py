"""The unit of deploy/systemd, read as systemd reads it: keys may come more than once."""

import shlex
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
FILE = FOLDER / "pacs-gateway.service"
ENVIRONMENT = FOLDER / "environment"
HOME, PLACE = "/opt/pacs-gateway", "/etc/pacs-gateway"  # where docs/systemd.md puts the program, and its files


def sections(text: str) -> Mapping[str, Mapping[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), defaultdict(list))
        elif line and line[0] not in "#;":
            key, _, value = line.partition("=")
            section[key].append(value)
    return found


def service() -> Mapping[str, list[str]]:
    return sections(FILE.read_text())["Service"]


def command(key: str) -> list[str]:
    (line,) = service()[key]
    return shlex.split(line)


def seconds(key: str) -> float:
    """A time such as `90s`; the unit has no others."""
    (value,) = service()[key]
    return float(value.removesuffix("s"))


def variables() -> dict[str, str]:
    lines = [line for line in ENVIRONMENT.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)
