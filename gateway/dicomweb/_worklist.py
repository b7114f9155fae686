"""The Worklist service, UPS-RS: PS3.18 chapter 11, PS3.2 Tables N.7-98 to N.7-115.

Two well-known workitem UIDs stand for subscriptions to the whole worklist and to a part of it (11.10).
"""

from gateway.dicomweb._transaction import DATASETS, Transaction, template, when

_WORKITEM = "/workitems/{workitem}"
_SUBSCRIBER = "/subscribers/{aetitle}"
_WORKLIST = "/workitems/1.2.840.10008.5.1.4.34.5"
_FILTERED = "/workitems/1.2.840.10008.5.1.4.34.5.1"

WORKLIST: tuple[Transaction, ...] = (
    # The UID may come as `workitem=` or as a bare key; the body may hold it as well.
    Transaction(
        id="worklist.create",
        family="worklist",
        service="worklist",
        name="Create workitem (UPS-RS)",
        section="11.4",
        templates=(template("POST", "/workitems", "workitem"),),
        success_body="discouraged",
        media_types=DATASETS,
        request_media_types=DATASETS,
        responses=when(
            {
                201: "The workitem is created; Location names it.",
                400: "The request has a syntax problem.",
                409: "A workitem with that UID exists.",
            }
        ),
        never_to_success=True,
    ),
    # The body must not reveal the Transaction UID (0008,1195).
    Transaction(
        id="worklist.retrieve",
        family="worklist",
        service="worklist",
        name="Retrieve workitem (UPS-RS)",
        section="11.5",
        templates=(template("GET", _WORKITEM, "workitem"),),
        success_body="required",
        media_types=DATASETS,
        responses=when(
            {
                200: "The workitem is delivered.",
                400: "The request is faulty.",
                404: "The workitem is unknown.",
                409: "Clashes with the state, or the transaction UID is missing or wrong; odd for a read.",
                410: "The workitem is known to have existed and was deleted.",
            }
        ),
    ),
    Transaction(
        id="worklist.update",
        family="worklist",
        service="worklist",
        name="Update workitem (UPS-RS)",
        section="11.6",
        templates=(template("POST", _WORKITEM, "workitem"),),
        success_body="optional",
        media_types=DATASETS,
        request_media_types=DATASETS,
        responses=when(
            {
                200: "The workitem is updated.",
                400: "The data set is invalid, a final state is reached, or the transaction UID is wrong.",
                404: "The workitem is unknown.",
                409: "Inconsistent with the current state.",
                410: "The workitem existed once.",
            }
        ),
        never_to_success=True,
    ),
    # The row for 200 promises a status report, 11.7.3.3 says no payload: hence optional.
    Transaction(
        id="worklist.change-state",
        family="worklist",
        service="worklist",
        name="Change workitem state (UPS-RS)",
        section="11.7",
        templates=(
            template("PUT", _WORKITEM + "/state", "workitem"),
            template("PUT", _WORKITEM + "/state/{requester}", "workitem"),  # older dcm4chee
        ),
        success_body="optional",
        media_types=DATASETS,
        request_media_types=DATASETS,
        responses=when(
            {
                200: "The state is changed, or was already as wanted (then with a Warning).",
                400: "Not valid for the current state, or the transaction UID is missing or wrong.",
                404: "The workitem is unknown.",
                409: "Inconsistent with the current state.",
                410: "The workitem existed once.",
            }
        ),
        never_to_success=True,
    ),
    Transaction(
        id="worklist.request-cancel",
        family="worklist",
        service="worklist",
        name="Request cancellation (UPS-RS)",
        section="11.8",
        templates=(
            template("POST", _WORKITEM + "/cancelrequest", "workitem"),
            template("POST", _WORKITEM + "/cancelrequest/{requester}", "workitem"),  # dcm4chee; 2026b
        ),
        success_body="optional",
        media_types=DATASETS,
        request_media_types=DATASETS,
        responses=when(
            {
                202: "The request is passed on; the state may not have changed.",
                400: "The request has a syntax problem.",
                404: "The workitem is unknown.",
                409: "The state does not allow it.",
            }
        ),
        never_to_success=True,
    ),
    Transaction(
        id="worklist.search",
        family="search",
        service="worklist",
        name="Search workitems (UPS-RS)",
        section="11.9",
        templates=(template("GET", "/workitems", "workitem"),),
        success_body="conditional",
        media_types=DATASETS,
        responses=when(
            {
                200: "Matches are in the payload; from 2026a also for none.",
                204: "Nothing was found (until 2025).",
                206: "Only a part of the matches is returned (until 2025); contradicts table 8.5-1.",
                400: "The query is faulty.",
                413: "There are too many matches.",
            }
        ),
    ),
    Transaction(
        id="worklist.subscribe",
        family="worklist",
        service="worklist",
        name="Subscribe (UPS-RS)",
        section="11.10",
        templates=(
            template("POST", _WORKITEM + _SUBSCRIBER, "workitem"),
            template("POST", _WORKLIST + _SUBSCRIBER, "worklist"),
            template("POST", _FILTERED + _SUBSCRIBER, "filtered"),
        ),
        success_body="discouraged",
        media_types=DATASETS,
        responses=when(
            {
                # Here it is Content-Location and not Location; dcm4chee does it the other way round.
                201: "The subscription is created; Content-Location is the WebSocket URL of its events.",
                400: "The request has a syntax problem.",
                403: "Filtered subscriptions are not on offer, or rights are missing.",
                404: "The target is unknown.",
            }
        ),
        never_to_success=True,
    ),
    # The habit of RFC 9110 would be 204; the table says 200 with an empty payload.
    Transaction(
        id="worklist.unsubscribe",
        family="worklist",
        service="worklist",
        name="Unsubscribe (UPS-RS)",
        section="11.11",
        templates=(template("DELETE", _WORKITEM + _SUBSCRIBER, "workitem"),),
        success_body="forbidden",
        responses=when(
            {
                200: "The subscription is removed; no payload.",
                400: "The request is faulty.",
                404: "There is no such subscription.",
            }
        ),
        never_to_success=True,
    ),
    Transaction(
        id="worklist.suspend",
        family="worklist",
        service="worklist",
        name="Suspend global subscription (UPS-RS)",
        section="11.12",
        templates=(
            template("POST", _WORKLIST + _SUBSCRIBER + "/suspend", "worklist"),
            template("POST", _FILTERED + _SUBSCRIBER + "/suspend", "filtered"),
        ),
        success_body="forbidden",
        responses=when(
            {
                200: "The subscription is suspended; no payload.",
                400: "The request is faulty.",
                404: "There is no such subscription.",
            }
        ),
        never_to_success=True,
    ),
)
