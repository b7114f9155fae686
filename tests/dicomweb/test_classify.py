"""Which transaction a request is: every template behind every kind of root, and the traps of the field."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.dicomweb.classify import Classification, classify
from gateway.dicomweb.transactions import TRANSACTIONS, Template, Transaction

VALUES = {
    "{study}": "1.2.840.1",
    "{series}": "1.2.840.1.2",
    "{instance}": "1.2.840.1.2.3",
    "{frames}": "1,2,3",
    "{workitem}": "2.25.7",
    "{transaction_uid}": "2.25.8",
    "{mpps}": "2.25.9",
    "{uid}": "2.25.10",
    "{aetitle}": "VIEWER 1",
    "{requester}": "studies",  # an AE title may be any word
    "{attribute_path*}": "00400275/1/7fe00010",
    "{any*}": "anything/at/all",
}

ROOTS = ["", "/dicom-web", "/dcm4chee-arc/aets/X/rs", "/v1/projects/p-1/dicomWeb", "/a%20b", "/wado"]

# AE titles and virtual directories that are called like a segment of the templates.
MISLEADING_ROOTS = ["/dcm4chee-arc/aets/studies/rs", "/aets/studies", "/aets/instances/rs", "/series", "/workitems"]

# What tells transactions without a template of their own apart from the rest.
SIGNS: dict[str, dict[str, Any]] = {
    "cors.preflight": {"preflight": True},
    "notification.open": {"websocket": True},
    "ws.retrieve": {"soap_action": True},
    "uri.retrieve-dicom": {"accept": "application/dicom"},
}


def paths(template: Template) -> Iterator[str]:
    path = template.path
    for variable, value in VALUES.items():
        path = path.replace(variable, value)
    kinds = ["color-palettes", "defined-procedure-protocols", "hanging-protocols", "implant-templates"]
    yield from (path.replace("{npi}", kind) for kind in (kinds if "{npi}" in path else kinds[:1]))


def every_template() -> Iterator[Any]:
    for row in TRANSACTIONS.values():
        for template in row.templates:
            for path in paths(template):
                yield pytest.param(row, template, path, id=f"{row.id}-{template.method}-{path}")


@pytest.mark.parametrize("root", ROOTS + MISLEADING_ROOTS)
@pytest.mark.parametrize(("row", "template", "path"), list(every_template()))
def test_a_template_is_its_transaction_behind_any_root(
    row: Transaction, template: Template, path: str, root: str
) -> None:
    method = "GET" if template.method == "*" else template.method
    query = "?" + "&".join(sorted(template.query)) if template.query else ""
    found = classify(method, root + path + query, **SIGNS.get(row.id, {}))
    plain = classify(method, root + path)
    if row.id == "notification.open" and plain.transaction.id != "other":
        assert found == plain  # no channel has its place where another resource is
        return
    assert found.transaction is row
    assert found.level == template.level
    if root in ROOTS:
        known_by_its_path = "{any*}" not in template.path and template.path != "/"
        assert found.root == (root if known_by_its_path else "")


def test_an_ae_called_studies_can_hide_the_root_but_not_the_transaction() -> None:
    """Nothing in the path tells the search for all series from one in a study with the malformed UID `rs`."""
    found = classify("GET", "/aets/studies/rs/series")
    assert (found.transaction.id, found.level, found.root) == ("studies.search", "series", "/aets")


CASES = [
    # a retrieve, a search, a retrieve again
    ("GET", "/studies/1.2", "studies.retrieve.dicom", "", "study"),
    ("GET", "/studies/1.2/series", "studies.search", "", "series"),
    ("GET", "/studies/1.2/series/1.3", "studies.retrieve.dicom", "", "series"),
    ("GET", "/studies/1.2/series/1.3/instances", "studies.search", "", "instance"),
    ("GET", "/studies/1.2/series/1.3/instances/1.4", "studies.retrieve.dicom", "", "instance"),
    ("GET", "/studies/1.2/series/1.3/instances/1.4/frames/1", "studies.retrieve.frames", "", "frames"),
    ("GET", "/studies/1.2/series/1.3/instances/1.4/frames/1/rendered", "studies.retrieve.rendered", "", "frames"),
    ("POST", "/workitems", "worklist.create", "", "workitem"),
    ("POST", "/workitems?1.2.3", "worklist.create", "", "workitem"),
    ("POST", "/workitems/1.2.3", "worklist.update", "", "workitem"),
    # templates at the root do not win over a longer match further left
    ("GET", "/x/studies/1.2/instances", "studies.search", "/x", "instance"),
    ("GET", "/x/studies/1.2/series", "studies.search", "/x", "series"),
    ("GET", "/x/instances", "studies.search", "/x", "instance"),
    ("GET", "/x/series?Modality=CT", "studies.search", "/x", "series"),
    # segments of the root that look like a template
    ("GET", "/studies/studies", "studies.search", "/studies", "study"),
    ("GET", "/studies/studies/1.2", "studies.retrieve.dicom", "/studies", "study"),
    ("GET", "/aets/studies/rs/studies/1.2", "studies.retrieve.dicom", "/aets/studies/rs", "study"),
    ("GET", "/aets/series/studies/1.2/series", "studies.search", "/aets/series", "series"),
    ("GET", "/aets/STUDIES/rs/series", "studies.search", "/aets/STUDIES/rs", "series"),
    ("GET", "/aets/X/dimse/studies/studies?PatientID=1", "studies.search", "/aets/X/dimse/studies", "study"),
    ("GET", "/workitems/workitems/1.2.3", "worklist.retrieve", "/workitems", "workitem"),
    # malformed UIDs
    ("GET", "/dicom-web/studies/undefined/metadata", "studies.retrieve.metadata", "/dicom-web", "study"),
    ("GET", "/dicom-web/studies/1..2;x/series/%3Cscript%3E", "studies.retrieve.dicom", "/dicom-web", "series"),
    ("GET", "/dicom-web/studies/..", "studies.retrieve.dicom", "/dicom-web", "study"),
    ("GET", "/dicom-web/studies/1.2%2F3", "studies.retrieve.dicom", "/dicom-web", "study"),
    ("GET", "/dicom-web/studies/1%2E2/series", "studies.search", "/dicom-web", "series"),
    ("GET", "/dicom-web/studies/1.2%", "studies.retrieve.dicom", "/dicom-web", "study"),
    ("POST", "/dicom-web/studies/M\xfcller", "studies.store", "/dicom-web", "study"),
    # frames
    ("GET", "/studies/1/series/2/instances/3/frames/1%2C2", "studies.retrieve.frames", "", "frames"),
    ("GET", "/studies/1/series/2/instances/3/frames/zero", "studies.retrieve.frames", "", "frames"),
    ("GET", "/studies/1/series/2/instances/3/frames/", "studies.retrieve.frames", "", "frames"),
    # slashes
    ("GET", "/dicom-web/studies/", "studies.search", "/dicom-web", "study"),
    ("GET", "/dicom-web//studies", "studies.search", "/dicom-web", "study"),
    ("GET", "//studies//1.2/", "studies.retrieve.dicom", "", "study"),
    ("GET", "/dicom-web/studies/1.2//series", "studies.search", "/dicom-web", "series"),
    ("GET", "/dicom-web/studies//metadata", "studies.retrieve.metadata", "/dicom-web", "study"),
    ("GET", "/dicom-web/studies/1//series/2//instances/3", "studies.retrieve.dicom", "/dicom-web", "instance"),
    ("GET", "/dicom-web/studies/1/series//instances/3", "studies.retrieve.dicom", "/dicom-web", "instance"),
    # escapes: a fixed word may come encoded once, the root stays as it was written
    ("DELETE", "/a%2Fb/%73tudies/1.2", "studies.delete", "/a%2Fb", "study"),
    ("GET", "/%2573tudies/1.2", "other", "", ""),
    ("GET", "/x/studies%2F1.2", "other", "", ""),
    # capitals
    ("GET", "/studies/1/rendered3d", "studies.retrieve.rendered-volume", "", "study"),
    ("GET", "/studies/1/series/2/RenderedMPR", "studies.retrieve.rendered-volume", "", "series"),
    ("GET", "/studies/1/Metadata", "other", "", ""),
    ("GET", "/Studies/1", "other", "", ""),
    # bulk data
    ("GET", "/studies/1/series/2/instances/3/bulkdata/7fe00010", "studies.retrieve.bulkdata", "", "attribute"),
    ("GET", "/studies/1/series/2/instances/3/bulkdata/", "studies.retrieve.bulkdata", "", "instance"),
    ("GET", "/studies/1/bulkdata/series/2/instances", "studies.retrieve.bulkdata", "", "attribute"),
    ("GET", "/r/studies/1/series/2/instances/3/bulk/1/2", "studies.retrieve.bulkdata", "/r", "attribute"),
    # worklist
    ("POST", "/workitems/1.2.840.10008.5.1.4.34.5/subscribers/AE", "worklist.subscribe", "", "worklist"),
    ("POST", "/workitems/1.2.840.10008.5.1.4.34.5.1/subscribers/AE", "worklist.subscribe", "", "filtered"),
    ("POST", "/workitems/1.2.840.10008.5.1.4.34.5.2/subscribers/AE", "worklist.subscribe", "", "workitem"),
    ("DELETE", "/workitems/1.2.840.10008.5.1.4.34.5/subscribers/AE", "worklist.unsubscribe", "", "workitem"),
    ("GET", "/workitems/1.2.840.10008.5.1.4.34.5", "worklist.retrieve", "", "workitem"),
    ("PUT", "/workitems/1.2.840.10008.5.1.4.34.5/state/AE", "worklist.change-state", "", "workitem"),
    ("POST", "/workitems/1.2.3/subscribers/suspend", "worklist.subscribe", "", "workitem"),
    # procedure steps
    ("POST", "/modality-performed-procedure-steps/1.2", "mpps.create", "", ""),
    ("POST", "/modality-performed-procedure-steps/1.2?update", "mpps.update", "", ""),
    ("POST", "/modality-performed-procedure-steps/1.2?a=1&Update=true", "mpps.update", "", ""),
    ("POST", "/modality-performed-procedure-steps/1.2?a=update", "mpps.create", "", ""),
    ("POST", "/modality-performed-procedure-steps/1.2/update", "mpps.update", "", ""),
    # not DICOMweb
    ("GET", "/nothing-here", "other", "", ""),
    ("GET", "/", "other", "", ""),
    ("GET", "", "other", "", ""),
    ("GET", "*", "other", "", ""),
    ("GET", "/templates/1.2", "other", "", ""),
    ("GET", "/x/subscribers/AE", "other", "", ""),
    ("GET", "/studies/1.2/frames", "other", "", ""),
    ("get", "/studies", "other", "", ""),
]


@pytest.mark.parametrize(("method", "target", "id_", "root", "level"), CASES)
def test_a_request_lands_in_its_transaction(method: str, target: str, id_: str, root: str, level: str) -> None:
    found = classify(method, target)
    assert found.transaction.id == id_
    if id_ != "other":
        assert (found.root, found.level) == (root, level)


WADO = "requestType=WADO&studyUID=1&seriesUID=2&objectUID=3"


@pytest.mark.parametrize(
    ("target", "accept", "id_"),
    [
        ("/wado?" + WADO, "", "uri.retrieve-rendered"),
        ("/wado?" + WADO, "*/*", "uri.retrieve-rendered"),
        ("/wado?" + WADO, "image/jpeg, application/dicom;q=0.5", "uri.retrieve-dicom"),
        ("/wado?" + WADO, "image/jpeg, application/dicom;q=0", "uri.retrieve-rendered"),
        ("/wado?" + WADO, 'multipart/related; type="application/dicom"', "uri.retrieve-dicom"),
        ("/wado?" + WADO, "application/dicom+json", "uri.retrieve-rendered"),
        ("/wado?" + WADO + "&contentType=application/dicom", "image/jpeg", "uri.retrieve-dicom"),
        ("/wado?" + WADO + "&contentType=application%2fdicom", "", "uri.retrieve-dicom"),
        ("/wado?" + WADO + "&contenttype=APPLICATION/DICOM;transfer-syntax=1", "", "uri.retrieve-dicom"),
        ("/wado?" + WADO + "&contentType=image/jpeg", "application/dicom", "uri.retrieve-rendered"),
        ("/wado?" + WADO + "&contentType=", "application/dicom", "uri.retrieve-dicom"),
        ("/wado/SERVERAE?" + WADO, "", "uri.retrieve-rendered"),
        ("/cgi-bin/dgate?REQUESTTYPE=wado", "", "uri.retrieve-rendered"),
        ("/WADO/?requestType=FOO", "", "uri.retrieve-rendered"),
        ("/?requestType", "", "uri.retrieve-rendered"),
        ("?requestType=WADO", "", "uri.retrieve-rendered"),
        ("/studies/1.2?" + WADO, "", "uri.retrieve-rendered"),
        ("/studies/1.2?x=requestType=WADO", "", "studies.retrieve.dicom"),
        ("/wado?a=requestType", "", "other"),
        ("/wado?requestTypes=WADO", "", "other"),
    ],
)
def test_wado_uri_is_known_by_its_query_on_any_path(target: str, accept: str, id_: str) -> None:
    found = classify("GET", target, accept=accept)
    assert found.transaction.id == id_
    assert classify("HEAD", target, accept=accept) == found
    if id_.startswith("uri."):
        assert found == Classification(TRANSACTIONS[id_], "", "instance", ("GET", "HEAD", "OPTIONS"))


@pytest.mark.parametrize(
    ("target", "options", "id_"),
    [
        ("/soap", {"soap_action": True}, "ws.retrieve"),
        ("/soap", {"content_type": "application/soap+xml; charset=utf-8"}, "ws.retrieve"),
        ("/soap", {"content_type": "Text/XML"}, "ws.retrieve"),
        ("/soap", {"content_type": "application/json"}, "other"),
        ("/soap", {"content_type": "xml"}, "other"),
        ("/soap", {}, "other"),
        ("/x/studies", {"soap_action": True, "content_type": "text/xml"}, "studies.store"),
    ],
)
def test_soap_is_known_by_its_header_where_no_template_matches(target: str, options: dict[str, Any], id_: str) -> None:
    assert classify("POST", target, **options).transaction.id == id_
    assert classify("PATCH", target, **options).transaction.id == "other"


@pytest.mark.parametrize(
    ("method", "target", "options", "id_", "root"),
    [
        ("OPTIONS", "/", {}, "capabilities.retrieve", ""),
        ("OPTIONS", "*", {}, "capabilities.retrieve", ""),
        ("OPTIONS", "/r/studies/1", {}, "capabilities.retrieve", "/r"),
        ("OPTIONS", "/r/studies/1", {"preflight": True}, "cors.preflight", "/r"),
        ("OPTIONS", "/wado?" + WADO, {"preflight": True}, "cors.preflight", ""),
        ("GET", "/r/studies/1", {"preflight": True}, "studies.retrieve.dicom", "/r"),
        ("GET", "/r/ws/subscribers/AE", {"websocket": True}, "notification.open", "/r"),
        ("GET", "/r/subscribers/AE", {"websocket": True}, "notification.open", "/r"),
        ("GET", "/", {"websocket": True}, "notification.open", ""),
        ("GET", "/r/notifications?id=1", {"websocket": True}, "notification.open", ""),
        ("GET", "/r/studies/1", {"websocket": True}, "studies.retrieve.dicom", "/r"),
        ("GET", "/wado?" + WADO, {"websocket": True}, "uri.retrieve-rendered", ""),
        ("POST", "/r/studies/1", {"websocket": True}, "studies.store", "/r"),
        ("HEAD", "/r/subscribers/AE", {"websocket": True}, "other", ""),
    ],
)
def test_header_fields_come_before_the_path(
    method: str, target: str, options: dict[str, Any], id_: str, root: str
) -> None:
    found = classify(method, target, **options)
    assert (found.transaction.id, found.root) == (id_, root)


@pytest.mark.parametrize(
    ("method", "target", "id_", "allow"),
    [
        ("GET", "/studies", "studies.search", "GET HEAD OPTIONS POST"),
        ("PATCH", "/studies", "other", "GET HEAD OPTIONS POST"),
        ("TRACE", "/r/studies/1", "other", "GET HEAD OPTIONS POST"),
        ("DELETE", "/r/studies/1/series", "other", "GET HEAD OPTIONS"),
        ("POST", "/studies/1/metadata", "other", "GET HEAD OPTIONS"),
        ("GET", "/workitems/1/state", "other", "OPTIONS PUT"),
        ("HEAD", "/workitems/1/cancelrequest", "other", "OPTIONS POST"),
        ("GET", "/workitems/1/subscribers/AE", "other", "DELETE OPTIONS POST"),
        ("GET", "/workitems/1.2.840.10008.5.1.4.34.5/subscribers/AE", "other", "DELETE OPTIONS POST"),
        ("GET", "/workitems/1.2.840.10008.5.1.4.34.5/state/AE", "other", "OPTIONS PUT"),
        ("PUT", "/modality-performed-procedure-steps/1", "other", "GET HEAD OPTIONS POST"),
        ("DELETE", "/hanging-protocols/1", "other", "GET HEAD OPTIONS POST"),
        ("OPTIONS", "/hanging-protocols", "capabilities.retrieve", "GET HEAD OPTIONS POST"),
        ("OPTIONS", "/anything", "capabilities.retrieve", "OPTIONS"),
        ("POST", "/wado?requestType=WADO", "other", "GET HEAD OPTIONS"),
        ("POST", "/anything", "other", ""),
    ],
)
def test_allow_lists_what_the_path_supports(method: str, target: str, id_: str, allow: str) -> None:
    found = classify(method, target)
    assert found.transaction.id == id_
    assert found.allow == tuple(allow.split())


def test_the_root_of_a_path_is_known_even_where_the_method_is_not() -> None:
    assert classify("PATCH", "/dicom-web/studies/1.2").root == "/dicom-web"
