"""How many workers `server.workers: auto` means: one per core that this process may use."""

import math
import os
from pathlib import Path
from typing import Literal

from gateway.config.protection import MOST_WORKERS

_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container, in cgroup v2: microseconds in each period, or max


def how_many(workers: int | Literal["auto"], quota: Path = _QUOTA) -> int:
    if workers != "auto":
        return workers
    return max(1, min(len(os.sched_getaffinity(0)), _allowed(quota), MOST_WORKERS))


def _allowed(quota: Path) -> int:
    """Half a core is a core to start from; where nothing is said, nothing is held back."""
    try:
        most, period = quota.read_text("ascii").split()
        return MOST_WORKERS if most == "max" else math.ceil(int(most) / int(period))
    except (OSError, ValueError):
        return MOST_WORKERS
