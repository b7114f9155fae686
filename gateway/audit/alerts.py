"""Somebody was turned away: the Security Alert of PS3.15 A.5.3.11. Pure.

A 401 to a request without credentials is no alert: that is how every session begins (RFC 9110 11.1).
"""

from collections.abc import Mapping

from gateway.audit import codes
from gateway.audit.codes import Code
from gateway.audit.ending import Ending
from gateway.audit.event import Action, Event, Outcome, Participant
from gateway.audit.subjects import refused
from gateway.core.facts import RequestFacts

_ALERTS: Mapping[int, tuple[Code, str]] = {
    401: (codes.NODE_AUTHENTICATION, "The credentials of the request were not accepted (401)."),
    403: (codes.RESTRICTED_FUNCTION, "The request was forbidden (403)."),
}


def alert(request: RequestFacts, ending: Ending, reporter: Participant) -> Event | None:
    """The alert that goes with this exchange, if one does. A minor failure: the attempt was warded off."""
    found = _ALERTS.get(ending.status or 0)
    if found is None or not request.route or (ending.status == 401 and "Authorization" not in request.fields):
        return None
    type_, description = found
    return Event(
        codes.SECURITY_ALERT,
        Action.EXECUTE,
        Outcome.MINOR_FAILURE,
        ending.moment,
        (reporter, Participant.client(ending.client, requestor=False)),
        refused(request, ending, description),
        type_,
    )
