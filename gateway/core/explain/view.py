"""Who looks at an exchange: the person who typed it in, who may see all of it, or an operator after the fact, who may see
nothing that could name a patient, and for whom only parts of it were kept.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.core.conditions import Condition
from gateway.core.likeness import IMPERSONAL
from gateway.dicomweb.media import essence_of

_NO_TALE = IMPERSONAL - {"etag"}  # some archives make it of a UID


def _nothing(_condition: Condition) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class View:
    """`is_open`: all values may be told. `missing` says why a condition cannot be asked, `content` why the content cannot be
    read; both are empty where nothing is missing. `notes` go along with the explanation."""

    is_open: bool = True
    missing: Callable[[Condition], str] = _nothing
    content: str = ""
    notes: tuple[str, ...] = ()

    def told(self, name: str, values: tuple[str, ...]) -> str | None:
        """The values of a field of the archive, as far as they may be told."""
        if self.is_open:
            return ", ".join(values)
        if name.lower() not in _NO_TALE:
            return None
        return ", ".join(map(essence, values)) if name.lower() == "content-type" else ", ".join(values)


def essence(label: str) -> str:
    """A media type without its parameters: a boundary may have been found in the content."""
    return essence_of(label) or "none that can be read"


OPEN = View()
