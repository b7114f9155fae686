"""Section N.7.3.3.1 of PS3.2 for this gateway and this configuration.

Table N.7-88: each documented code, and the conditions under which it is sent. Table N.7-89: what is done with each code that
an archive sends. Equal settings give an equal statement: it holds no date, and no address of an archive.
"""

from dataclasses import dataclass

from gateway import __version__
from gateway.config.settings import Settings
from gateway.conformance.carries import carried
from gateway.conformance.source import Source
from gateway.conformance.sources import all_sources
from gateway.conformance.user_agent import UserAgent, user_agents
from gateway.core.fold import HOP_CODES
from gateway.core.policy import Documented, Mode
from gateway.dicomweb.statuses import NEVER_FINAL, NEVER_SENT, STATUS_CODES, SWITCHING_PROTOCOLS

SECTION = "PS3.2 N.7.3.3.1"


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One row of Table N.7-88. `added` is the operator's text on a row that the table does not have by itself; `not_sent`
    says why a documented code does not leave under this configuration."""

    code: int
    name: str
    sources: tuple[Source, ...]
    carries: tuple[str, ...] = ()
    added: str = ""
    not_sent: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """`rows` are those of the documented set. `beyond` are codes that leave and are rows of no set: 101 is no answer."""

    version: str
    digest: str
    mode: Mode
    documented: str
    edition: str
    strict: bool
    rows: tuple[CodeRow, ...]
    beyond: tuple[CodeRow, ...]
    agents: tuple[UserAgent, ...]

    @property
    def declared(self) -> frozenset[int]:
        """The codes of which this statement says that they can leave."""
        return frozenset(row.code for row in (*self.rows, *self.beyond) if not row.not_sent)


def statement(settings: Settings) -> Statement:
    documented, found = settings.policy.documented, all_sources(settings)
    codes = sorted(documented.codes | documented.added.keys())
    rows = tuple(_row(code, found.get(code, ()), settings) for code in codes)
    others = found.keys() - set(codes)
    return Statement(
        version=__version__,
        digest=settings.digest,
        mode=settings.policy.mode,
        documented=documented.name,
        edition=documented.edition,
        strict=documented.strict,
        rows=rows,
        beyond=tuple(_row(code, found[code], settings) for code in sorted(others)),
        agents=tuple(user_agents(settings)),
    )


def _row(code: int, sources: tuple[Source, ...], settings: Settings) -> CodeRow:
    documented = settings.policy.documented
    is_sent = any(source.is_in_force for source in sources)
    return CodeRow(
        code=code,
        name=documented.reason(code) or "(no name)",
        sources=sources,
        carries=tuple(carried(code, settings)) if is_sent else (),
        added=documented.added.get(code, ""),
        not_sent="" if is_sent else _why_not(code, documented),
    )


def _why_not(code: int, documented: Documented) -> str:
    if code in NEVER_SENT:
        return f"RFC 9110 has retired it ({STATUS_CODES[code].rfc})."
    if code == SWITCHING_PROTOCOLS:
        return "It would open a notification channel, and no route offers any."
    if code in NEVER_FINAL:
        return "It is an interim code: another answer always follows."
    if code in HOP_CODES:
        return "It concerns the connection between gateway and archive, not the client."
    return f"It stands in no table of a transaction, and the set {documented.name} is strict."
