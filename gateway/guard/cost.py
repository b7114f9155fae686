"""What a request costs an archive, in places: a frame is read in a moment, a study keeps disks and threads for minutes."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.dicomweb.classify import Classification

# By what is asked for: of a retrieve the level, of anything else the family.
COSTS: Mapping[str, int] = MappingProxyType(
    {
        "study": 4,
        "series": 2,
        "instance": 1,
        "frames": 1,
        "rendered": 1,
        "metadata": 1,
        "search": 1,
        "store": 2,
        "other": 1,
    }
)
_LEVELS = frozenset({"study", "series", "instance", "frames"})


def what_is_asked(asked: Classification) -> str:
    """The word of `COSTS` for this request."""
    transaction = asked.transaction
    if transaction.family == "retrieve":
        kind = transaction.id.rpartition(".")[2]
        if kind in ("metadata", "rendered", "thumbnail"):
            return "metadata" if kind == "metadata" else "rendered"
        return asked.level if asked.level in _LEVELS else "instance"
    return transaction.family if transaction.family in COSTS else "other"
