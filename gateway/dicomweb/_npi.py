"""The Non-Patient Instance service: PS3.18 chapter 12.

`{npi}` is one of four words, which is what keeps these templates from matching every path.
"""

from gateway.dicomweb._transaction import DATASETS, Transaction, template, when

NPI_RESOURCES: tuple[str, ...] = (
    "color-palettes",
    "defined-procedure-protocols",
    "hanging-protocols",
    "implant-templates",
)

NPI: tuple[Transaction, ...] = (
    Transaction(
        id="npi.retrieve",
        family="retrieve",
        service="npi",
        name="Retrieve non-patient instance",
        section="12.4",
        templates=(template("GET", "/{npi}/{uid}", "instance"),),
        success_body="required",
        media_types=("application/dicom", *DATASETS),
        responses=when(
            {
                200: "The instance is delivered.",
                400: "The request is faulty.",
                404: "No such instance, an unsupported kind, or not disclosed.",
                406: "None of the acceptable media types is on offer.",
            }
        ),
    ),
    # The reverse of the Studies service: 200 covers a partial success, 202 means later.
    Transaction(
        id="npi.store",
        family="npi",
        service="npi",
        name="Store non-patient instance",
        section="12.5",
        templates=(
            template("POST", "/{npi}", "any"),
            template("POST", "/{npi}/{uid}", "instance"),
        ),
        success_body="conditional",
        media_types=DATASETS,
        request_media_types=("application/dicom", *DATASETS),
        responses=when(
            {
                200: "At least one representation is stored.",
                202: "The request was checked; storing is not done yet.",
                400: "Nothing is stored, because of errors in the request.",
                404: "The target or the kind is unknown.",
                409: "The request clashes with the state of the target.",
                415: "The media type of the request is not supported; nothing is stored.",
            }
        ),
        never_to_success=True,
    ),
    Transaction(
        id="npi.search",
        family="search",
        service="npi",
        name="Search non-patient instances",
        section="12.6",
        templates=(template("GET", "/{npi}", "instance"),),
        success_body="conditional",
        media_types=DATASETS,
        responses=when(
            {
                200: "Matches, if any, are in the payload.",
                204: "Nothing was found; from 8.3.4.4.1, not from the table.",
                400: "The query is faulty.",
                406: "None of the acceptable media types is on offer.",
                413: "The query is too broad.",
            }
        ),
    ),
)
