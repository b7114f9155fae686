"""What an event was about: the study that the request names, or the resource where it names none. Pure."""

from urllib.parse import quote

from gateway.audit import codes
from gateway.audit.ending import Ending
from gateway.audit.event import Subject
from gateway.core.facts import RequestFacts
from gateway.dicomweb.identifiers import identifiers

REPORT = "3"  # any persistent document, a study included
SECURITY_RESOURCE = "13"
_PRINTABLE = "!#$%&'()*+,/:;=?@[]~"


def subject(request: RequestFacts, ending: Ending) -> Subject:
    """The study, with the series and the instance in it that were asked for. A store or a workitem may name none."""
    named = identifiers(request.target)
    if not named.study:
        return Subject(resource(request), codes.URI, request.transaction.name, REPORT, details=details(request, ending))
    uid = named.study
    return Subject(uid, codes.STUDY_INSTANCE_UID, uid, REPORT, named=named, details=details(request, ending))


def searched(request: RequestFacts, ending: Ending) -> Subject:
    """The resource, and the query in the form of its protocol (A.5.3.10): the target as it came, byte for byte."""
    return Subject(
        resource(request),
        codes.URI,
        request.transaction.name,
        REPORT,
        query=request.target.encode("latin-1"),
        named=identifiers(request.target),
        details=details(request, ending),
    )


def refused(request: RequestFacts, ending: Ending, description: str) -> Subject:
    """The resource that was not given. A.5.3.11 asks for the description."""
    told = (("Alert Description", description), *details(request, ending))
    return Subject(resource(request), codes.URI, request.transaction.name, SECURITY_RESOURCE, details=told)


def resource(request: RequestFacts) -> str:
    """The address as the client knows it, without a query; what no address may hold is escaped."""
    path = request.target.partition("?")[0]
    return quote(request.public_base + path, safe=_PRINTABLE, encoding="latin-1")


def details(request: RequestFacts, ending: Ending) -> tuple[tuple[str, str], ...]:
    """What joins the message to the gateway's own words: its log has the same id."""
    return (("Transaction", request.transaction.id), ("Archive", request.upstream), ("Exchange", ending.exchange))
