"""What a transaction is. The tables are in the modules beside this one; `transactions` joins them.

Path variables are written as in RFC 6570 and match one segment. Two of them match more: `{any*}` is any path
at all, `{attribute_path*}` the rest of a path.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

# none: the editions read say nothing about a body.
SuccessBody = Literal["required", "conditional", "optional", "discouraged", "forbidden", "none"]


@dataclass(frozen=True, slots=True)
class Template:
    """A method and a path, relative to the service root; `query` and `absent` are keys it insists on."""

    method: str
    path: str
    level: str
    query: frozenset[str]
    absent: frozenset[str]
    standard: bool = True  # false: known from the field, and never advertised in Allow


# Compared and hashed by identity: each exists once, and may be the key of a table.
@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Transaction:
    id: str
    family: str
    service: str
    name: str
    section: str
    templates: tuple[Template, ...]
    success_body: SuccessBody
    media_types: tuple[str, ...] = ()
    request_media_types: tuple[str, ...] = ()
    responses: Mapping[int, str]
    # A success made out of a failure would do harm here: clients delete what they believe to be stored or
    # committed, and work on a workitem that they believe to own.
    never_to_success: bool = False


def template(
    method: str,
    path: str,
    level: str = "",
    *,
    query: Iterable[str] = (),
    absent: Iterable[str] = (),
    standard: bool = True,
) -> Template:
    return Template(method, path, level, frozenset(query), frozenset(absent), standard)


def at(method: str, suffix: str, *places: tuple[str, str], standard: bool = True) -> tuple[Template, ...]:
    """The same resource below several places, each a level and its path."""
    return tuple(template(method, path + suffix, level, standard=standard) for level, path in places)


def when(rows: Mapping[int, str]) -> Mapping[int, str]:
    """Code -> when it is sent. Codes that only the general table 8.5-1 permits may be missing."""
    return MappingProxyType(dict(rows))


# PS3.18 8.7.3: how data sets without bulk data travel.
DATASETS: tuple[str, ...] = ("application/dicom+json", 'multipart/related; type="application/dicom+xml"')
