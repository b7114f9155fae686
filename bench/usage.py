"""What a process has used, as the kernel counts it: /proc/PID/stat and /proc/PID/status, its children included."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
# proc(5) counts fields from 1; here from 0, and the two before the closing parenthesis of the name are cut off.
_PARENT = 4 - 3
_TIMES = range(14 - 3, 18 - 3)  # user, system, and the same of children that have ended


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of processor time so far, and the most memory it ever held, in bytes."""

    cpu: float
    peak: int


def usage(pid: int) -> Usage:
    """Of a process and everything that it has started."""
    ticks = peak = 0
    for member in family(pid):
        try:
            ticks += cpu_ticks(Path(f"/proc/{member}/stat").read_text())
            peak += peak_bytes(Path(f"/proc/{member}/status").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended: what it used is in its parent's account
    return Usage(ticks / _TICKS, peak)


def family(pid: int) -> set[int]:
    """A process, its children and theirs."""
    parents = dict(_parents())
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _parents() -> list[tuple[int, int]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found.append((int(folder.name), int(_fields((folder / "stat").read_text())[_PARENT])))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def cpu_ticks(stat: str) -> int:
    """User and system time, from the text of /proc/PID/stat."""
    fields = _fields(stat)
    return sum(int(fields[at]) for at in _TIMES)


def peak_bytes(status: str) -> int:
    """The high-water mark of resident memory, from the text of /proc/PID/status. A thread of the kernel has none."""
    found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _fields(stat: str) -> list[str]:
    """Those behind the name, which may itself hold blanks and parentheses."""
    return stat.rpartition(")")[2].split()
