"""Cross-origin access (the Fetch standard, 3.2): what a browser must be told before a viewer's script may see an answer.

Without these fields a script sees no status at all, only "network error": neither the 401 that starts a login nor the 503
with its Retry-After. So they are on every answer, our own refusals included. A preflight is answered here; archives
answer them with 404, 405 or a login page. What an archive says itself of cross-origin access is replaced: two opinions
count as none.
"""

import re
from dataclasses import dataclass

from gateway.core.facts import RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.request import FORWARDED_METHODS

ANY = "*"
# What a viewer needs to read; scripts see a handful of other fields without being told.
EXPOSED = (
    "Retry-After", "Warning", "Content-Location", "Proxy-Status", "Location", "ETag", "Content-Range", "Accept-Ranges",
    "Content-Disposition", "Link", "Allow", "WWW-Authenticate",
)  # fmt: skip

_ON_EVERY_ANSWER = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers")
_ON_PREFLIGHTS = ("Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age")
_NAMES = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z, \t-]*")


@dataclass(frozen=True, slots=True)
class Cors:
    """The origins whose scripts may see answers, such as `https://viewer.example.org`, or `*` for all.

    `credentials` lets them send cookies and logins along; never together with `*`, which browsers refuse. `max_age` is how
    long, in seconds, a browser may remember the answer to a preflight.
    """

    origins: frozenset[str]
    credentials: bool = False
    max_age: float = 600.0

    @property
    def is_same_for_all(self) -> bool:
        """Whether every answer says the same, whoever asks. Caches then need not tell one asker from another, and an image
        that a page has loaded without asking for access is of use to its script too."""
        return ANY in self.origins

    def allowed(self, origin: str) -> str:
        """What is said to this origin; empty for a stranger. It is unknown where a request names none or could not be read,
        for its length perhaps: the only one on the list is then meant."""
        if self.is_same_for_all:
            return ANY
        if origin:
            return origin if origin in self.origins else ""
        return next(iter(self.origins)) if len(self.origins) == 1 else ""


def preflight(request: RequestFacts, cors: Cors | None) -> Response | None:
    """Our answer to a preflight, None for anything else. The fields for the browser are added like to every answer."""
    if cors is None or not _is_preflight(request):
        return None
    if not cors.allowed(request.fields.get("Origin")):
        return Response(204, ours=True)
    lines = [
        ("Access-Control-Allow-Methods", ", ".join(FORWARDED_METHODS)),
        ("Access-Control-Max-Age", str(int(cors.max_age))),
    ]
    wanted = request.fields.combined("Access-Control-Request-Headers")
    if wanted and _NAMES.fullmatch(wanted):
        lines.append(("Access-Control-Allow-Headers", wanted))
    return Response(204, Fields(lines), ours=True)


def _is_preflight(request: RequestFacts) -> bool:
    """Fetch 4.8; on any path, because a script may see a 404 too."""
    fields = request.fields
    return request.method == "OPTIONS" and "Origin" in fields and "Access-Control-Request-Method" in fields


def with_cors(fields: Fields, request: RequestFacts, cors: Cors) -> Fields:
    """The fields of an answer, and what a browser has to know before its script may see it."""
    fields = fields.without(*_ON_EVERY_ANSWER, *(() if _is_preflight(request) else _ON_PREFLIGHTS))
    if not cors.is_same_for_all:
        fields = _varying(fields)
    allowed = cors.allowed(request.fields.get("Origin"))
    if not allowed:
        return fields
    lines = [("Access-Control-Allow-Origin", allowed)]
    if cors.credentials:
        lines.append(("Access-Control-Allow-Credentials", "true"))
    return fields.adding(*lines, ("Access-Control-Expose-Headers", ", ".join(EXPOSED)))


def _varying(fields: Fields) -> Fields:
    """A cache must not give one origin's answer to another (RFC 9110 12.5.5)."""
    named = {name.strip().lower() for name in fields.combined("Vary").split(",")}
    return fields if named & {"origin", ANY} else fields.adding(("Vary", "Origin"))
