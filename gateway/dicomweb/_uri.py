"""The URI service, WADO-URI: PS3.18 chapter 9, PS3.2 Tables N.7-90 and N.7-91.

The query makes the transaction, the path may be anything. A template names the four keys that 9.4.1 makes
mandatory; the classifier is content with the first, so that a request without the others can be told so.
"""

from gateway.dicomweb._transaction import Transaction, template, when

_TEMPLATES = (template("GET", "/{any*}", "instance", query=("requestType", "studyUID", "seriesUID", "objectUID")),)

URI: tuple[Transaction, ...] = (
    Transaction(
        id="uri.retrieve-dicom",
        family="retrieve",
        service="uri",
        name="Retrieve DICOM Instance (WADO-URI)",
        section="9.4",
        templates=_TEMPLATES,
        success_body="required",
        media_types=("application/dicom",),
        responses=when(
            {
                200: "The instance is delivered.",
                303: "The instance is served elsewhere.",
                400: "A required key is missing or wrong, anonymize is not yes, the transfer syntax is "
                "malformed, contentType has parameters, or window keys were sent.",
                404: "There is no such instance under that study and series.",
                406: "The transfer syntax is valid, but not on offer.",
                410: "The instance was there and has been removed.",
            }
        ),
    ),
    Transaction(
        id="uri.retrieve-rendered",
        family="retrieve",
        service="uri",
        name="Retrieve Rendered Instance (WADO-URI)",
        section="9.5",
        templates=_TEMPLATES,
        success_body="required",
        media_types=(
            *("image/jpeg", "image/gif", "image/png", "image/jp2", "video/mpeg", "video/mp4"),
            *("text/html", "text/plain", "text/xml", "text/rtf", "application/pdf"),
        ),
        responses=when(
            {
                200: "The rendering is delivered.",
                # A missing presentation state is 400 here and not 404.
                400: "A key or value is faulty: a frame out of range, one window key without the other, a "
                "window together with a presentation state, a bad region, an unknown presentation state.",
                404: "There is no such instance.",
                406: "A type was asked for that cannot be rendered.",
                410: "The instance was removed.",
            }
        ),
    ),
)
