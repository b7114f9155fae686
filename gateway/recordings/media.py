"""Media types and lists of them, as far as closed words go: which type, which type of parts, in good form or not.

The result reads like the original to everything that judges, and holds neither its boundary nor any other word of its own.
"""

from gateway.core.repair import is_well_written
from gateway.dicomweb.media import MediaRange, parse_accept, parse_media_type
from gateway.dicomweb.multipart import boundary_of
from gateway.recordings.words import MEDIA_TYPES, TOP_LEVELS

BOUNDARY = "b"
UNLISTED = "x-unlisted"  # the subtype of a type that is in no list


def essence_like(essence: str) -> str:
    """The type itself, or one like it that nobody uses."""
    low = essence.strip().lower()
    if low in MEDIA_TYPES:
        return low
    top = low.partition("/")[0]
    return f"{top if top in TOP_LEVELS else 'application'}/{UNLISTED}"


def label_like(label: str) -> str:
    """A `Content-Type` like this one; empty where it names no type."""
    media = parse_media_type(label)
    if media is None:
        return ""
    essence, inner = essence_like(media.essence), media.parameter("type")
    parts = essence_like(inner.partition(";")[0]) if inner else ""
    sound = essence + (f'; type="{parts}"' if parts else "")
    if media.type != "multipart" or boundary_of(label) is None:
        return sound
    if is_well_written(label):
        return sound + f"; boundary={BOUNDARY}"
    # A type with a slash is no token, and without a name it is no parameter: the label needs a repair, as the original did.
    return essence + (f"; type={parts}" if parts else "; application/octet-stream") + f"; boundary={BOUNDARY}"


def accept_like(value: str) -> str:
    """An `Accept` like this one: the same members in the same order, with their weights."""
    return ", ".join(map(_member_like, parse_accept(value)))


def _member_like(member: MediaRange) -> str:
    inner = member.parameter("type")
    parts = f'; type="{essence_like(inner.partition(";")[0])}"' if inner else ""
    return essence_like(member.essence) + parts + ("" if member.q == 1 else f"; q={round(member.q, 3)}")
