"""Storage Commitment and the two procedure-step services: PS3.18 chapters 13, 14 and 15.

Chapter 13 is in the 2024e edition. Chapters 14 and 15 came with 2025d; they are here because classifying them
needs no switch: an archive of an older edition does not have their paths.
"""

from gateway.dicomweb._transaction import DATASETS, Transaction, template, when

_PERFORMED = "/modality-performed-procedure-steps/{mpps}"
_UNABLE = "The service cannot handle the request, for now or for good."

STEPS: tuple[Transaction, ...] = (
    # PS3.2 2025a: on 200 the user agent marks committed instances as ready for deletion.
    Transaction(
        id="stgcmt.request",
        family="commitment",
        service="storage-commitment",
        name="Request storage commitment",
        section="13.4",
        templates=(template("POST", "/commitment-requests/{transaction_uid}"),),
        success_body="conditional",
        media_types=DATASETS,
        request_media_types=DATASETS,
        responses=when(
            {
                200: "Processing is finished; the payload says for each instance whether it is committed.",
                202: "Still working, no payload; ask later with the result check (Retry-After in seconds).",
                400: "Header fields or parameters are wrong.",
                409: "The transaction UID is already in use.",
                503: _UNABLE,
            }
        ),
        never_to_success=True,
    ),
    # Its own table was not in the editions read; the codes are those that implementations agree on.
    Transaction(
        id="stgcmt.result",
        family="commitment",
        service="storage-commitment",
        name="Check storage commitment result",
        section="13.5",
        templates=(template("GET", "/commitment-requests/{transaction_uid}"),),
        success_body="conditional",
        media_types=DATASETS,
        responses=when(
            {
                200: "The result is in the payload.",
                202: "The result is still pending.",
                400: "The request is faulty.",
                404: "The transaction UID is unknown.",
                503: _UNABLE,
            }
        ),
        never_to_success=True,
    ),
    Transaction(
        id="mwl.search",
        family="search",
        service="modality-scheduled-procedure-step",
        name="Search scheduled procedure steps",
        section="14.4 (2025d and later)",
        templates=(template("GET", "/modality-scheduled-procedure-steps"),),
        success_body="conditional",
        media_types=DATASETS,
        responses=when(
            {
                200: "Matches are in the payload.",
                204: "Nothing was found.",
                400: "The query is faulty.",
                413: "There are too many matches.",
                503: _UNABLE,
            }
        ),
    ),
    # Create and update share method and path; the bare query key tells them apart.
    Transaction(
        id="mpps.create",
        family="mpps",
        service="modality-performed-procedure-step",
        name="Create performed procedure step",
        section="15.4 (2025d and later)",
        templates=(template("POST", _PERFORMED, absent={"update"}),),
        success_body="none",
        media_types=DATASETS,
        request_media_types=DATASETS,
        responses=when(
            {
                201: "The step is created.",
                400: "The request is faulty.",
                409: "The UID is in use.",
                503: _UNABLE,
            }
        ),
        never_to_success=True,
    ),
    Transaction(
        id="mpps.update",
        family="mpps",
        service="modality-performed-procedure-step",
        name="Update performed procedure step",
        section="15.5 (2025d and later)",
        templates=(
            template("POST", _PERFORMED, query={"update"}),
            template("POST", _PERFORMED + "/update"),  # example B.38 of 2025d
        ),
        success_body="none",
        media_types=DATASETS,
        request_media_types=DATASETS,
        responses=when(
            {
                200: "The step is updated.",
                400: "The request is faulty.",
                404: "The step is unknown.",
                409: "The request clashes with the state of the step.",
                410: "The step existed and was deleted.",
                503: _UNABLE,
            }
        ),
        never_to_success=True,
    ),
    Transaction(
        id="mpps.retrieve",
        family="mpps",
        service="modality-performed-procedure-step",
        name="Retrieve performed procedure step",
        section="15.6 (2025d and later)",
        templates=(template("GET", _PERFORMED),),
        success_body="required",
        media_types=DATASETS,
        responses=when(
            {
                200: "The step is delivered.",
                400: "The request is faulty.",
                404: "The step is unknown.",
                410: "The step existed and was deleted.",
                503: _UNABLE,
            }
        ),
    ),
)
