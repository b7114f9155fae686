"""How the legacy PACS misbehaves: one row each, with a request that triggers it, the answer, and who does so.

Searches are triggered by a PatientID, most of the rest by a study: 2.25.NNN where a status code NNN is the
point, 2.25.1 and 2.25.2 where the connection is. Those are stored here and a search lists them, so that whoever
asks for what a search has found meets them. The first row that fires wins; without one the answer is a good one.
The comment in each row says why it is realistic.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from gateway.demo import pages, probe
from gateway.demo.probe import Probe
from gateway.demo.replies import Answer, End, Lines, Reply, Silence, Wire
from gateway.demo.resource import RETRIEVALS, ROOT, Resource, Transaction

T = Transaction
# The second argument: has the archive what is named, a study or a PatientID?
Trigger: TypeAlias = Callable[[Resource, bool], bool]

HTML: Lines = (("Content-Type", "text/html"),)
TEXT: Lines = (("Content-Type", "text/plain"),)
JSON: Lines = (("Content-Type", "application/json"),)


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """One row of the table. `seen` says where such answers come from, `try_it` fires the trigger."""

    id: str
    what: str
    seen: str
    try_it: Probe
    trigger: Trigger
    reply: Reply


def patient(patient_id: str) -> Trigger:
    return lambda resource, _: resource.transaction is T.SEARCH and resource.query.get("PatientID") == patient_id


def study(uid: str, *transactions: Transaction) -> Trigger:
    return lambda resource, _: resource.transaction in transactions and resource.study == uid


def method(*known: str) -> Trigger:
    """Any method but these, of the standard or not."""
    return lambda resource, _: resource.method not in known and resource.path.startswith(f"{ROOT}/studies")


def nobody(resource: Resource, known: bool) -> bool:
    named = resource.transaction is T.SEARCH and bool(resource.query.get("PatientID"))
    return named and not resource.study and not known


def ranged(resource: Resource, _: bool) -> bool:
    return resource.ranged and resource.transaction in RETRIEVALS


def unknown(resource: Resource, known: bool) -> bool:
    return bool(resource.study) and not known and resource.transaction in RETRIEVALS


TABLE = (
    Misbehaviour(
        "front-proxy-502",
        "502 with the HTML page of the proxy in front",
        # The archive restarts, and what stands before it answers alone. dcm4chee's DIMSE proxy says 502 too.
        "nginx, IIS or Apache in front of any archive that restarts",
        probe.search("BAD-GATEWAY"),
        patient("BAD-GATEWAY"),
        Answer(502, "Bad Gateway", (*HTML, ("Server", "nginx")), pages.BAD_GATEWAY),
    ),
    Misbehaviour(
        "gateway-timeout-504",
        "504 with JSON that is not DICOM JSON",
        # API gateways give a back end some 30 seconds. A broad search over years takes longer.
        "cloud API gateways in front of a slow archive",
        probe.search("SLOW-BACKEND"),
        patient("SLOW-BACKEND"),
        Answer(504, "Gateway Timeout", JSON, b'{"message": "Endpoint request timed out"}'),
    ),
    Misbehaviour(
        "unavailable-503",
        "503 without Retry-After",
        # The store behind the web service is gone for seconds. The text says to try again, no field when.
        "Orthanc and cloud archives whose database does not answer",
        probe.metadata("2.25.503"),
        study("2.25.503", T.METADATA),
        Answer(503, "Service Unavailable", TEXT, b"The data store operation failed, try again later.\n"),
    ),
    Misbehaviour(
        "retry-after-soon",
        "503 with Retry-After: soon",
        # Written by hand. Clients that expect seconds or an HTTP-date (RFC 9110 10.2.3) trip over it.
        "hand-made maintenance pages",
        probe.search("MAINTENANCE"),
        patient("MAINTENANCE"),
        Answer(503, "Service Unavailable", (*HTML, ("Retry-After", "soon")), pages.MAINTENANCE),
    ),
    Misbehaviour(
        "quota-429",
        "429 with HTML and without Retry-After",
        # A viewer fetches hundreds of frames at once, is stopped, and asks on at the same pace.
        "quota proxies of public archives",
        probe.frames("2.25.429"),
        study("2.25.429", T.FRAMES),
        Answer(429, "Too Many Requests", HTML, pages.TOO_MANY),
    ),
    Misbehaviour(
        "disk-full-507",
        "507 for a store",
        # WebDAV's code for a full disk. Modalities know a short list of codes and take any other as final.
        "MONAI Deploy Informatics Gateway",
        probe.store("2.25.507"),
        study("2.25.507", T.STORE),
        Answer(507, "Insufficient Storage", JSON, b'{"title": "Insufficient Storage", "status": 507}'),
    ),
    Misbehaviour(
        "bare-401",
        "401 without WWW-Authenticate",
        # RFC 9110 15.5.2 demands a challenge. Without it no client knows which scheme to use.
        "home-made token checks in front of an archive",
        probe.search("NO-CREDENTIALS"),
        patient("NO-CREDENTIALS"),
        Answer(401, "Unauthorized", TEXT, b"Not logged in.\n"),
    ),
    Misbehaviour(
        "bare-405",
        "405 without Allow",
        # RFC 9110 15.5.6 demands the list of methods. A client that would take another way learns of none.
        "servlet containers and DICOMweb facades",
        Probe(f"{ROOT}/studies/2.25.101", method="DELETE"),
        method("GET", "HEAD", "POST", "OPTIONS"),
        Answer(405, "Method Not Allowed", TEXT, b"Method Not Allowed\n"),
    ),
    Misbehaviour(
        "login-redirect-302",
        "302 to the login form",
        # The session ran out. A browser shows the form; a viewer's script follows and reads HTML as JSON.
        "portals and single sign-on proxies (oauth2-proxy, Keycloak, AD FS)",
        probe.search("SESSION-EXPIRED"),
        patient("SESSION-EXPIRED"),
        Answer(302, "Found", (*HTML, ("Location", "/login?next=/dicom-web/studies")), pages.FOUND),
    ),
    Misbehaviour(
        "login-form-200",
        "200 with a login form where a study should be",
        # Java EE form login forwards inside the server: the form comes with 200 and is saved as DICOM.
        "Agfa IMPAX and others with form login",
        probe.retrieve("2.25.200"),
        study("2.25.200", T.RETRIEVE),
        Answer(200, "OK", (("Content-Type", "text/html;charset=ISO-8859-1"),), pages.LOGIN),
    ),
    Misbehaviour(
        "login-metadata-200",
        "200 with a login form where metadata should be",
        # As above; the viewer reports a JSON syntax error, and the user reports a broken viewer.
        "portals with form login",
        probe.metadata("2.25.200"),
        study("2.25.200", T.METADATA),
        Answer(200, "OK", HTML, pages.LOGIN),
    ),
    Misbehaviour(
        "range-416",
        "416 for any Range",
        # A server may ignore Range (RFC 9110 14.2). The file server underneath an archive does not.
        "Orthanc and file servers for pixel data",
        probe.instance("2.25.101", ("Range", "bytes=99999999-")),
        ranged,
        Answer(416, "Range Not Satisfiable", JSON, b'{"Message": "Incorrect range request"}'),
    ),
    Misbehaviour(
        "timeout-408",
        "408 without a body, although the request was complete",
        # A timeout layer of the web framework blames the client for the slow database.
        "DICOM-RST and other services with a ready-made timeout layer",
        probe.search("TIMEOUT-LAYER"),
        patient("TIMEOUT-LAYER"),
        Answer(408, "Request Timeout"),
    ),
    Misbehaviour(
        "no-match-404",
        "404 for a search without a match",
        # Nothing found is an answer, not an error (PS3.18 10.6.3). dcm4chee did so for series once.
        "older dcm4chee-arc, small home-made servers",
        probe.search("NOBODY"),
        nobody,
        Answer(404, "Not Found", TEXT, b"No matching studies.\n"),
    ),
    Misbehaviour(
        "vendor-599",
        "599, which no registry knows",
        # Load balancers and CDNs number their own troubles: 520 to 530, 598, 599.
        "load balancers and content delivery networks",
        probe.search("VENDOR-CODE"),
        patient("VENDOR-CODE"),
        Answer(599, "Network Connect Timeout Error", TEXT, b"upstream connect timeout\n"),
    ),
    Misbehaviour(
        "no-content-with-content",
        "204 that announces content and sends it",
        # RFC 9110 15.3.5: a 204 ends with its fields. What follows is taken for the next answer.
        "frameworks whose error handler sets the body but not the status",
        probe.metadata("2.25.204"),
        study("2.25.204", T.METADATA),
        Wire(pages.NO_CONTENT_WITH_CONTENT),
    ),
    Misbehaviour(
        "cut-study",
        "a study cut in the middle: Content-Length promises more than is sent",
        # A worker dies or a proxy loses patience after the head was sent. Half a study looks like a study.
        "Horos as a WADO server; any archive behind a proxy with a time limit",
        probe.retrieve("2.25.1"),
        study("2.25.1", T.RETRIEVE),
        Wire(pages.cut_study()),
    ),
    Misbehaviour(
        "endless-chunks",
        "a chunked study whose last chunk never comes; the connection is reset",
        # The C-MOVE behind the web service fails after 200 was sent. Nothing but an abort is left to say so.
        "DICOM-RST, dcm4chee, Orthanc while streaming",
        probe.retrieve("2.25.2"),
        study("2.25.2", T.RETRIEVE),
        Wire(pages.endless_chunks(), End.RESET),
    ),
    Misbehaviour(
        "closed-without-answer",
        "the connection closes without an answer",
        # The process that took the request died of it.
        "application pools that recycle, dcm4che's stowrsd",
        probe.search("HANG-UP"),
        patient("HANG-UP"),
        Wire(),
    ),
    Misbehaviour(
        "no-answer",
        "no answer at all",
        # A thread waits for a lock or for a tape. 3D Slicer's web server does it to every DELETE.
        "3D Slicer's web server, archives that wait for a tape",
        probe.search("NO-ANSWER"),
        patient("NO-ANSWER"),
        Silence(),
    ),
    Misbehaviour(
        "unknown-study-500",
        "500 with a stack trace for a study that does not exist",
        # A look-up that found nothing ends as an exception nobody caught. The archive looks broken.
        "ASP.NET and Java archives, dicomweb-pacs",
        probe.retrieve("2.25.404"),
        unknown,
        Answer(500, "Internal Server Error", HTML, pages.STACK_TRACE),
    ),
)

BY_ID = {row.id: row for row in TABLE}


def find(resource: Resource, *, known: bool) -> Misbehaviour | None:
    """The row that a request fires."""
    return next((row for row in TABLE if row.trigger(resource, known)), None)


def listing(base: str) -> str:
    """All rows for a reader with a shell: what happens, who does so in the field, and how to see it."""
    return "\n".join(f"{row.what}\n  as seen: {row.seen}\n  {row.try_it.curl(base)}\n" for row in TABLE)
