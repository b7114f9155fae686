"""Field lines of one message (RFC 9110 5): ordered, multi-valued, immutable.

Names and values are held one character per byte (ISO 8859-1), so that what came in can go out byte for byte, whatever
encoding the sender believed in. Nothing here joins lines: two `Set-Cookie` lines stay two.
"""

from collections.abc import Iterable, Iterator
from typing import Final


class Fields:
    """An immutable list of (name, value) lines with look-up by name, case ignored."""

    __slots__ = ("_index", "lines")

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        self.lines: Final = tuple(lines)
        self._index: dict[str, tuple[str, ...]] | None = None

    @classmethod
    def from_raw(cls, raw: Iterable[tuple[bytes, bytes]]) -> "Fields":
        """Lines as a parser hands them over, in bytes."""
        return cls([(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw])

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of that name, in order of arrival."""
        if self._index is None:
            self._index = _index(self.lines)
        return self._index.get(name.lower(), ())

    def get(self, name: str, default: str = "") -> str:
        """The first value of that name: where a field must be single, the first is the one to believe."""
        values = self.all(name)
        return values[0] if values else default

    def combined(self, name: str) -> str:
        """All values of a list-valued field as one list (RFC 9110 5.3)."""
        return ", ".join(self.all(name))

    def without(self, *names: str) -> "Fields":
        drop = {name.lower() for name in names}
        return Fields([line for line in self.lines if line[0].lower() not in drop])

    def adding(self, *lines: tuple[str, str]) -> "Fields":
        return Fields(self.lines + lines)

    def setting(self, name: str, value: str) -> "Fields":
        """One line of that name in the place of all earlier ones."""
        return self.without(name).adding((name, value))

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fields) and self.lines == other.lines

    def __hash__(self) -> int:
        return hash(self.lines)

    def __repr__(self) -> str:
        # Values may name a patient or carry a token: a stray repr in a log must not.
        return f"<Fields {[name for name, _ in self.lines]}>"


def _index(lines: tuple[tuple[str, str], ...]) -> dict[str, tuple[str, ...]]:
    index: dict[str, tuple[str, ...]] = {}
    for name, value in lines:
        key = name.lower()
        index[key] = (*index.get(key, ()), value)
    return index
