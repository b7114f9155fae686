"""What files held when they were read, so that a change is known by content: not every write is one."""

import codecs
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Content:
    """One file. `digest` is that of its bytes, and empty where it could not be read."""

    path: Path
    digest: str = field(repr=False)

    @classmethod
    def of(cls, path: Path) -> "Content":
        try:
            if path.is_file():  # whoever opens a pipe may wait for ever, and takes from others what it reads
                return cls.read(path, path.read_bytes())
        except OSError:  # a name that is too long, a file that nobody may read
            pass
        return cls(path, "")

    @classmethod
    def read(cls, path: Path, content: bytes) -> "Content":
        """What was read already. A byte order mark in front is no difference."""
        return cls(path, hashlib.sha256(content.removeprefix(codecs.BOM_UTF8)).hexdigest())


# All that one configuration was read from, by the key that names it. The key of the configuration itself is empty.
Contents: TypeAlias = Mapping[str, Content]


def changed(contents: Contents) -> tuple[Path, ...]:
    """Which of the files hold something else by now."""
    paths = dict.fromkeys(content.path for content in contents.values())
    now = {path: Content.of(path) for path in paths}
    return tuple({c.path: c for c in contents.values() if now[c.path] != c})
