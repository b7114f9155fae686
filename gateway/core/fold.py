"""Folding: every code outside the documented set becomes the documented one that tells a DICOMweb client the same.

A table, one row a code, with what the code needs to keep its meaning. Three ideas order it:

- A code about the connection between gateway and archive is never the client's business (RFC 9110 15.5.8, 15.5.20).
- A redirect that a client may follow with GET stays a redirect; one that would lose a POST becomes a failure.
- "Try again" (408, 502, 504) becomes 503 only where repeating is safe. After a POST or PUT it becomes 500, because several
  clients repeat a 503 by themselves, and the archive may have acted already.

An operator overrides single rows with `documented.fold`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.core.facts import RequestFacts, Response
from gateway.core.policy import Policy

# Not idempotent, or (PUT of a workitem's state) idempotent on paper only: never invite an automatic repetition.
UNREPEATABLE = frozenset({"POST", "PUT", "PATCH"})
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Row:
    """`to`, unless `only` fails, then `otherwise`. `unrepeatable` replaces both after a POST or PUT; `store` for a Store."""

    to: int
    why: str
    only: Callable[[RequestFacts, Response], bool] | None = None
    otherwise: int = 503
    unrepeatable: int | None = None
    store: int | None = None

    def code(self, request: RequestFacts, response: Response) -> int:
        if self.store is not None and request.transaction.id == "studies.store":
            return self.store
        if self.unrepeatable is not None and request.method in UNREPEATABLE:
            return self.unrepeatable
        return self.to if self.only is None or self.only(request, response) else self.otherwise

    def cases(self) -> Iterator[tuple[int, str]]:
        """The same in words: each code it may give and when, in the order in which they are asked."""
        first: list[tuple[int, str]] = []
        if self.store is not None:
            first.append((self.store, "after a store"))
        if self.unrepeatable is not None:
            first.append((self.unrepeatable, "after a POST, PUT or PATCH"))
        if self.only is not None:
            first.append((self.to, _WHEN[self.only]))
        yield from first
        unless = f"unless {' or '.join(when for _, when in first)}" if first else ""
        yield self.to if self.only is None else self.otherwise, unless


def _has_location(_request: RequestFacts, response: Response) -> bool:
    return bool(response.fields.get("Location"))


def _followable(request: RequestFacts, response: Response) -> bool:
    return request.method in _SAFE and _has_location(request, response)


def _reads(request: RequestFacts, _response: Response) -> bool:
    return request.method in _SAFE


_WHEN: Mapping[Callable[[RequestFacts, Response], bool], str] = MappingProxyType(
    {
        _has_location: "with a Location",
        _followable: "to GET and HEAD, with a Location",
        _reads: "to GET and HEAD",
    }
)

_TRY_AGAIN = "the archive could not answer now"
_HOP = "concerns the connection between gateway and archive, not the client"
_PROXY = "a front end of the archive reports that it did not get an answer"

ROWS: Mapping[int, Row] = MappingProxyType(
    {
        207: Row(200, "several results in one answer", store=202),
        226: Row(200, "a success"),
        300: Row(303, "a choice with a preferred address", only=_has_location, otherwise=406),
        302: Row(303, "a redirect that GET may follow", only=_followable),
        305: Row(503, "a retired redirect, never to be followed"),
        306: Row(503, "a reserved code"),
        307: Row(303, "a redirect that GET may follow", only=_followable),
        308: Row(301, "a permanent redirect that GET may follow", only=_followable),
        402: Row(403, "refused"),
        407: Row(503, _HOP),
        408: Row(503, _TRY_AGAIN, unrepeatable=500),
        412: Row(400, "a precondition did not hold", only=_reads, otherwise=409),
        416: Row(400, "the range cannot be served"),
        417: Row(400, "an expectation was not met"),
        418: Row(400, "a reserved code"),
        421: Row(503, _HOP),
        422: Row(400, "the content could not be processed", store=409),
        423: Row(409, "the resource is locked"),
        424: Row(503, "something the archive depends on failed"),
        425: Row(503, _TRY_AGAIN),
        426: Row(503, _HOP),
        428: Row(400, "a precondition is required"),
        429: Row(503, "the archive has more requests than it can take"),
        431: Row(400, "the request's header section is too large"),
        440: Row(401, "the session ran out"),
        444: Row(503, _PROXY),
        449: Row(400, "more information is needed"),
        451: Row(403, "refused for legal reasons"),
        460: Row(503, _PROXY),
        494: Row(400, "the request's header section is too large"),
        495: Row(503, _HOP),
        496: Row(503, _HOP),
        497: Row(503, _HOP),
        499: Row(503, _PROXY),
        502: Row(503, _PROXY, unrepeatable=500),
        504: Row(503, _PROXY, unrepeatable=500),
        505: Row(503, _HOP),
        506: Row(500, "the archive is misconfigured"),
        507: Row(503, "the archive is out of space"),
        508: Row(500, "the archive is in a loop"),
        509: Row(503, _TRY_AGAIN),
        510: Row(501, "an extension is required"),
        511: Row(503, _HOP),
        **dict.fromkeys(range(520, 531), Row(503, _PROXY, unrepeatable=500)),
        598: Row(503, _PROXY, unrepeatable=500),
        599: Row(503, _PROXY, unrepeatable=500),
    }
)

# Codes without a row are read as the x00 of their class (RFC 9110 15), as far as that is documented and harmless.
BY_CLASS: Mapping[int, Row] = MappingProxyType(
    {
        2: Row(200, "an unknown success"),
        3: Row(503, "an unknown redirect, which nobody can follow"),
        4: Row(400, "an unknown client error"),
        5: Row(500, "an unknown server error"),
    }
)

# Documented or not, these concern the leg between gateway and archive: 505 and 407 are about our own request.
HOP_CODES = frozenset({407, 421, 426, 495, 496, 497, 505, 511})


def folded(request: RequestFacts, response: Response, policy: Policy) -> tuple[int, str]:
    """The documented code for an undocumented one, and why. Codes outside 200-599 are for the caller to catch."""
    status = response.status
    row = row_for(status, policy)
    return row.code(request, response), row.why


def row_for(status: int, policy: Policy) -> Row:
    """The row that is in force for a code from 200 to 599."""
    if status in policy.fold:
        return Row(policy.fold[status], "overridden by documented.fold")
    return ROWS.get(status) or BY_CLASS[status // 100]
