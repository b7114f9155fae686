"""Which audit events a finished exchange is: DICOM PS3.15 A.5.3, as a table over transactions. Pure.

An exchange is heard as its client saw it: by the status it got and by whether all of the answer went out. What the table does
not name is not audited; docs/audit.md says why.
"""

from collections.abc import Mapping

from gateway.audit import codes
from gateway.audit.alerts import alert
from gateway.audit.codes import Code
from gateway.audit.ending import Ending
from gateway.audit.event import Action, Event, Outcome, Participant
from gateway.audit.subjects import searched, subject
from gateway.core.facts import RequestFacts

Row = tuple[Code, Action]

_QUERY: Row = (codes.QUERY, Action.EXECUTE)
_TRANSFERRED: Row = (codes.INSTANCES_TRANSFERRED, Action.READ)
_ACCESSED: Row = (codes.INSTANCES_ACCESSED, Action.READ)

# A gateway does not know whether the archive held an instance before. A.5.3.7 has "R" for that, but whoever reads the trail
# must be able to tell what came in from what went out; a store asks to create.
_STORED: Row = (codes.INSTANCES_TRANSFERRED, Action.CREATE)

AUDITED: Mapping[str, Row] = {
    "studies.search": _QUERY,
    "worklist.search": _QUERY,
    "mwl.search": _QUERY,
    "studies.store": _STORED,
    "studies.retrieve.dicom": _TRANSFERRED,
    "uri.retrieve-dicom": _TRANSFERRED,
    "studies.retrieve.metadata": _ACCESSED,
    "studies.retrieve.rendered": _ACCESSED,
    "studies.retrieve.rendered-volume": _ACCESSED,
    "studies.retrieve.thumbnail": _ACCESSED,
    "studies.retrieve.frames": _ACCESSED,
    "studies.retrieve.bulkdata": _ACCESSED,
    "studies.retrieve.pixeldata": _ACCESSED,
    "uri.retrieve-rendered": _ACCESSED,
    "studies.delete": (codes.INSTANCES_ACCESSED, Action.DELETE),
    "worklist.create": (codes.PROCEDURE_RECORD, Action.CREATE),
    "worklist.retrieve": (codes.PROCEDURE_RECORD, Action.READ),
    "worklist.update": (codes.PROCEDURE_RECORD, Action.UPDATE),
    "worklist.change-state": (codes.PROCEDURE_RECORD, Action.UPDATE),
    "worklist.request-cancel": (codes.PROCEDURE_RECORD, Action.UPDATE),
    "mpps.create": (codes.PROCEDURE_RECORD, Action.CREATE),
    "mpps.retrieve": (codes.PROCEDURE_RECORD, Action.READ),
    "mpps.update": (codes.PROCEDURE_RECORD, Action.UPDATE),
}

# The roles of client and archive. Where a message has none, only the client takes part: the one who accessed or deleted.
_ROLES: Mapping[Row, tuple[Code, Code]] = {
    _QUERY: (codes.SOURCE, codes.DESTINATION),
    _STORED: (codes.SOURCE, codes.DESTINATION),
    _TRANSFERRED: (codes.DESTINATION, codes.SOURCE),
}


def events(request: RequestFacts, ending: Ending, reporter: Participant) -> tuple[Event, ...]:
    """What is to be told of this exchange: what was done, and that somebody was turned away doing it."""
    found = (_done(request, ending), alert(request, ending, reporter))
    return tuple(event for event in found if event is not None)


def _done(request: RequestFacts, ending: Ending) -> Event | None:
    row = _row(request, ending.status)
    if row is None:
        return None
    about = searched if row == _QUERY else subject
    return Event(
        *row, outcome(request, ending), ending.moment, _participants(request, ending, row), about(request, ending)
    )


def _row(request: RequestFacts, status: int | None) -> Row | None:
    """A redirect hands nothing out; what it leads to is asked for again. 304 shows what the client holds already."""
    row = AUDITED.get(request.transaction.id)
    if row is None or (status is not None and 300 <= status < 400 and status != 304):
        return None
    if row[1] is Action.DELETE and request.classification.level == "study":
        return codes.STUDY_DELETED, Action.DELETE
    return _ACCESSED if row == _TRANSFERRED and status == 304 else row


def _participants(request: RequestFacts, ending: Ending, row: Row) -> tuple[Participant, ...]:
    roles = _ROLES.get(row)
    if roles is None:
        return (Participant.client(ending.client),)
    of_client, of_archive = roles
    return Participant.client(ending.client, of_client), Participant(request.upstream, of_archive)


def outcome(request: RequestFacts, ending: Ending) -> Outcome:
    """A cut transfer is no success, and what was done in part is none either."""
    status = ending.status
    if status is None or not ending.complete or status >= 500:
        return Outcome.SERIOUS_FAILURE
    return Outcome.MINOR_FAILURE if status >= 400 or _in_part(request, status) else Outcome.SUCCESS


def _in_part(request: RequestFacts, status: int) -> bool:
    """Without a range that was asked for, 206 says that some of the instances are missing (PS3.18 10.4.3)."""
    if request.transaction.family == "store":
        return status == 202
    return status == 206 and "Range" not in request.fields
