"""The archive of a benchmark: nginx with fixed files, so that it is never what is measured."""

import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from bench.configured import configured
from bench.contents import Content, location, locations
from bench.processes import Launched
from tests.support.ports import free_port

HUGE_TARGET = "/dicom-web/studies/2.25.1001/series/2.25.1002/instances/2.25.1004"


@contextmanager
def origin(held: Iterable[Content], folder: Path, where: Collection[int], huge: int = 0) -> Iterator[int]:
    """The port of an archive with these contents; with `huge`, also an instance of so many bytes, all of them zero."""
    lines = [locations(held, folder)]
    if huge:
        lines.append(location(HUGE_TARGET, "application/dicom", sparse(folder / "huge", huge)))
    port = free_port()
    file = configured("origin.conf", folder, PORT=port, LOCATIONS="\n".join(lines))
    command = (nginx(), "-e", "stderr", "-p", str(folder), "-c", str(file))
    with Launched("origin", command, folder, where) as process:
        folder.chmod(0o755)  # nginx's worker may be somebody else
        process.listening(port)
        yield port


def answered(port: int) -> int:
    """How many requests this archive has had, this one not counted."""
    with urlopen(f"http://127.0.0.1:{port}/count", timeout=30) as answer:
        return requests_in(answer.read().decode()) - 1


def requests_in(status: str) -> int:
    """The third number of nginx's stub_status: connections accepted, connections handled, requests."""
    found = re.search(r"^ *\d+ \d+ (\d+) *$", status, re.MULTILINE)
    assert found is not None, status
    return int(found[1])


def sparse(file: Path, size: int) -> Path:
    """A file of that length that takes no room on the disk."""
    with file.open("wb") as opened:
        opened.truncate(size)
    return file


def nginx() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        raise SystemExit("the archive of the benchmark is nginx: apt-get install nginx-light")
    return found
