"""Watching files: that one of them was written to, or another stands in its place, is noticed by itself.

Twice a second each is asked for its status (`stat`), and when something is new and then nothing for a second, it is told: who
writes in two steps, or deletes and writes anew, is not read half way.

The kernel would tell sooner (inotify, and libraries such as watchfiles and watchdog), but not everywhere: not what another
host wrote on NFS, nothing on some FUSE and overlay mounts. It watches a folder, while a name may lead through several: in
Kubernetes the link that is swapped is in the middle of the way (`..data`). So there would have to be looking as well, for
mounts that nobody can tell from others. Looking alone is right on all of them, and costs some ten microseconds a second.

The looks have a thread of their own, which the end of the process does not wait for: on a mount whose server is gone, one may
never return.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

EVERY = 0.5  # seconds between two looks
REST = 3  # looks in a row that saw the same

Sight: TypeAlias = tuple[tuple[int, ...], ...]


def sight(paths: Iterable[Path]) -> Sight:
    """All that tells a file from what it was and from every other, wherever symbolic links lead."""
    return tuple(map(_status, paths))


def _status(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class Rest:
    """Knows what was seen last, and when that has been so for a while."""

    def __init__(self) -> None:
        self._told: Sight | None = None
        self._seen: Sight | None = None
        self._looks = 0  # that saw it

    def after(self, seen: Sight) -> bool:
        """Whether this is new and has come to rest: true once, and first for what there is at the beginning."""
        self._looks = self._looks + 1 if seen == self._seen else 1
        self._seen = seen
        if seen == self._told or self._looks < REST:
            return False
        self._told = seen
        return True


class Watch:
    """Use as a context manager in the loop in which `react` is to run: whenever one of the files may hold something else, and
    once at the beginning, for what happened before. `paths` is asked before each look, in a thread."""

    def __init__(
        self,
        paths: Callable[[], Iterable[Path]],
        react: Callable[[], Coroutine[Any, Any, object]],
        every: float = EVERY,
    ) -> None:
        self._paths, self._react, self._every = paths, react, every
        self._over = threading.Event()
        self._reactions: set[asyncio.Task[object]] = set()

    def __enter__(self) -> "Watch":
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._look, args=(loop,), name="watch", daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        rest = Rest()
        while not self._over.wait(self._every):
            if rest.after(sight(self._paths())):
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        if self._over.is_set():
            return
        reaction = asyncio.get_running_loop().create_task(self._react())
        self._reactions.add(reaction)
        reaction.add_done_callback(self._reactions.discard)
