"""On what machine a figure was measured: without that it means nothing."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from gateway import __version__


def described(cpuinfo: str, meminfo: str) -> dict[str, str]:
    """The processor and the memory, from the texts that the kernel shows of them."""
    model = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    kib = re.search(r"^MemTotal:\s*(\d+) kB$", meminfo, re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(),
        "virtual": "yes" if re.search(r"^flags\s*:.*\bhypervisor\b", cpuinfo, re.MULTILINE) else "no",
        "memory": f"{int(kib[1]) / 1024**2:.0f} GiB" if kib else "unknown",
    }


def machine() -> dict[str, str]:
    """What a reader must know to compare: the words of docs/performance.md."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        **described(Path("/proc/cpuinfo").read_text(), Path("/proc/meminfo").read_text()),
        "cores": str(len(os.sched_getaffinity(0))),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "Python": platform.python_version(),
        "pacs-gateway": __version__,
    }
