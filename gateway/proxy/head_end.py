"""Where a message's head ends, in bytes that come in pieces.

A head goes to the parser apart from what follows it. Were the two fed together and what follows were wrong, aiohttp would
raise and lose the head with it: the same bytes would be judged by how the network happened to cut them.
"""

BLANK_LINE = b"\r\n\r\n"


class HeadEnd:
    """Cuts bytes behind the first blank line, also where that came in two pieces."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = b""

    def cut(self, data: bytes) -> tuple[bytes, bytes]:
        """What belongs to the head, and the rest: empty while no blank line is in sight."""
        known, self._last = self._last, b""
        end = (known + data).find(BLANK_LINE)
        if end < 0:
            self._last = (known + data)[1 - len(BLANK_LINE) :]
            return data, b""
        cut = end + len(BLANK_LINE) - len(known)
        return data[:cut], data[cut:]
