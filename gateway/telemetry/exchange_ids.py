"""The id of an exchange: a random UUID (RFC 9562 5.4, version 4). Nobody can guess the next one from those before.

The system is asked for chance once for many ids. A child process forgets those it has inherited: its parent will use them.
"""

import os
from typing import Final

_AT_ONCE: Final = 64
_DIGITS: Final = 32  # of one UUID

# The two highest bits of the 17th digit say which kind of UUID this is, and are 10 in ours.
_VARIANT: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}

_unused: list[str] = []
os.register_at_fork(after_in_child=_unused.clear)


def new_id() -> str:
    """An id that no other exchange has, here or elsewhere."""
    if not _unused:
        _unused.extend(_some())
    return _unused.pop()


def _some() -> list[str]:
    digits = os.urandom(_AT_ONCE * _DIGITS // 2).hex()
    return [_uuid(digits[start : start + _DIGITS]) for start in range(0, len(digits), _DIGITS)]


def _uuid(chance: str) -> str:
    return f"{chance[:8]}-{chance[8:12]}-4{chance[13:16]}-{_VARIANT[chance[16]]}{chance[17:20]}-{chance[20:]}"
