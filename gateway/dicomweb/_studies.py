"""The Studies service without Retrieve: Store (STOW-RS), Search (QIDO-RS) and the Delete of many servers.

PS3.18 10.5 and 10.6, PS3.2 Tables N.7-94 to N.7-97.
"""

from gateway.dicomweb._transaction import DATASETS, Transaction, at, template, when

STUDY = ("study", "/studies/{study}")
SERIES = ("series", "/studies/{study}/series/{series}")
INSTANCE = ("instance", "/studies/{study}/series/{series}/instances/{instance}")
FRAMES = ("frames", "/studies/{study}/series/{series}/instances/{instance}/frames/{frames}")

STUDIES: tuple[Transaction, ...] = (
    Transaction(
        id="studies.store",
        family="store",
        service="studies",
        name="Store (STOW-RS)",
        section="10.5",
        templates=(
            template("POST", "/studies", "any"),
            template("POST", "/studies/{study}", "study"),
            # Not in DICOM: Microsoft's server stores or replaces with PUT.
            template("PUT", "/studies", "any", standard=False),
            template("PUT", "/studies/{study}", "study", standard=False),
        ),
        success_body="required",
        media_types=("application/dicom+json", "application/dicom+xml"),
        request_media_types=(
            'multipart/related; type="application/dicom"',
            'multipart/related; type="application/dicom+json"',
            'multipart/related; type="application/dicom+xml"',
        ),
        responses=when(
            {
                200: "Every instance is stored; the row is silent on warnings.",
                202: "Some are stored; for others there are failures or warnings.",
                400: "Nothing is stored, because the request is malformed.",
                401: "No valid credentials came with the request.",
                403: "The request is refused.",
                409: "The request is well formed, but nothing is stored: unsupported SOP class, study UID of "
                "the URL not met, or a mixture of reasons.",
                411: "The length is missing.",
                413: "The payload of the request is too large.",
                415: "The media type of the request is not supported.",
                501: "Table 8.5-1 asks for it on an unsupported SOP class; table 10.5.3 says 409 and wins.",
                503: "Out of resources, or busy.",
            }
        ),
        never_to_success=True,
    ),
    Transaction(
        id="studies.search",
        family="search",
        service="studies",
        name="Search (QIDO-RS)",
        section="10.6, 8.3.4",
        templates=(
            template("GET", "/studies", "study"),
            template("GET", "/series", "series"),
            template("GET", "/instances", "instance"),
            template("GET", "/studies/{study}/series", "series"),
            template("GET", "/studies/{study}/instances", "instance"),
            template("GET", "/studies/{study}/series/{series}/instances", "instance"),
        ),
        success_body="conditional",
        media_types=DATASETS,
        responses=when(
            {
                200: "Matches are in the payload; from the 2026 editions also an empty list.",
                204: "The search completed and found nothing (2019b to 2025).",
                400: "The query is faulty, such as wrong key syntax or value.",
                401: "No valid credentials came with the request.",
                403: "The request is refused.",
                404: "The collection itself is unknown; not for an empty answer.",
                406: "None of the acceptable media types is on offer.",
                413: "The query is too broad to answer; the body should explain.",
                503: "Busy, or the database behind is down.",
            }
        ),
    ),
    # No edition read defines it. A server that does not offer it answers 405 with Allow.
    Transaction(
        id="studies.delete",
        family="delete",
        service="studies",
        name="Delete (not in DICOM)",
        section="none",
        templates=at("DELETE", "", STUDY, SERIES, INSTANCE, standard=False),
        success_body="forbidden",
        responses=when(
            {
                200: "Removed, or a long-running removal has started (Google).",
                204: "Removed (Microsoft, dcm4chee).",
                403: "Not allowed, or retention forbids it.",
                404: "The target is not there.",
            }
        ),
    ),
)
