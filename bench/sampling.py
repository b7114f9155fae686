"""A client that reads answers to their last byte, and believes none before it has compared it with the archive's file."""

import time
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from typing import Self

from bench.contents import Content


class Altered(Exception):  # noqa: N818
    """An answer was not what the archive holds."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds from the request to the first bytes of the answer, and to its last."""

    first: float
    whole: float


class Reader:
    """One connection that is kept. Use as a context manager."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def __enter__(self) -> Self:
        self._connection.connect()
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def fetch(self, content: Content) -> Timing:
        """Ask once. Raises `Altered` where status, media type or any byte is another one."""
        began = time.perf_counter()
        try:
            self._connection.request("GET", content.target, headers={"Accept": content.accept})
            answer = self._connection.getresponse()
            first = time.perf_counter()
            body = answer.read()
        except (OSError, HTTPException) as error:
            raise Altered(f"{content.name}: {error!r}") from error
        ended = time.perf_counter()
        if answer.status != 200 or answer.headers["Content-Type"] != content.media_type:
            raise Altered(f"{content.name}: {answer.status} {answer.headers['Content-Type']}")
        if sha256(body).hexdigest() != content.digest:
            raise Altered(f"{content.name}: {len(body)} bytes came, and not those that the archive sent")
        return Timing(first - began, ended - began)


def verify(port: int, content: Content, times: int) -> None:
    """So many answers on one connection, each compared."""
    with Reader(port) as reader:
        for _ in range(times):
            reader.fetch(content)
