"""The Retrieve transaction of the Studies service (WADO-RS): PS3.18 10.4, PS3.2 Tables N.7-92 and N.7-93.

One transaction in the standard, eight here, because what each resource promises differs.

BulkDataURIs are opaque: a server may write any path into its metadata, even one outside the service root.
Only the usual layouts are listed; a template that matched everything would swallow every other resource.
"""

from collections.abc import Mapping

from gateway.dicomweb._studies import FRAMES, INSTANCE, SERIES, STUDY
from gateway.dicomweb._transaction import DATASETS, Template, Transaction, at, template, when

# The tables of 10.4.3 and 8.5, for every resource.
_RETRIEVE: dict[int, str] = {
    200: "Every target is in the payload.",
    206: "Some targets are in the payload, others could not be delivered; also a byte range (8.5).",
    301: "The resource has moved to another service.",
    303: "Another resource answers.",
    304: "The request was conditional and nothing has changed.",
    400: "A header field or parameter is wrong, mixed media categories and bad rendering values included.",
    401: "No valid credentials came with the request.",
    403: "The request is refused.",
    404: "The target does not exist.",
    406: "None of the acceptable media types or transfer syntaxes can be produced.",
    410: "The target existed and was deleted.",
    413: "The answer would be too large for the server.",
    503: "The archive is busy, offline, or recalls from slow storage.",
}

_OCTETS = 'multipart/related; type="application/octet-stream"'
_IMAGES = ("image/jpeg", "image/gif", "image/png", "image/jp2")
_ATTRIBUTE = tuple(("attribute", path) for _, path in (STUDY, SERIES, INSTANCE))
_RENDERED = (*_IMAGES, "video/mpeg", "video/mp4", "text/html", "text/plain", "application/pdf")


def _retrieve(
    resource: str,
    name: str,
    templates: tuple[Template, ...],
    media_types: tuple[str, ...],
    *,
    section: str = "10.4",
    also: Mapping[int, str] | None = None,
) -> Transaction:
    """A retrieve differs from its siblings in the resource, the media types and at most a few codes."""
    return Transaction(
        id=f"studies.retrieve.{resource}",
        family="retrieve",
        service="studies",
        name=f"Retrieve {name} (WADO-RS)",
        section=section,
        templates=templates,
        success_body="required",
        media_types=media_types,
        responses=when(dict(sorted({**_RETRIEVE, **(also or {})}.items()))),
    )


RETRIEVE: tuple[Transaction, ...] = (
    _retrieve(
        "dicom",
        "study, series or instance",
        at("GET", "", STUDY, SERIES, INSTANCE),
        ('multipart/related; type="application/dicom"', _OCTETS, "application/dicom"),
    ),
    _retrieve("metadata", "metadata", at("GET", "/metadata", STUDY, SERIES, INSTANCE), DATASETS),
    _retrieve("rendered", "rendered", at("GET", "/rendered", STUDY, SERIES, INSTANCE, FRAMES), _RENDERED),
    # Supplement 228. The text and its examples differ in capitals, so the classifier ignores them here.
    _retrieve(
        "rendered-volume",
        "rendered MPR or 3D view",
        at("GET", "/renderedmpr", STUDY, SERIES, INSTANCE) + at("GET", "/rendered3D", STUDY, SERIES, INSTANCE),
        _RENDERED,
        section="10.4 (Supplement 228)",
    ),
    _retrieve(
        "thumbnail",
        "thumbnail",
        at("GET", "/thumbnail", STUDY, SERIES, INSTANCE, FRAMES),
        _IMAGES,
        section="10.4.1.1.4",
        also={302: "Location points to a rendered resource; permitted here, though table 8.5-1 lacks it."},
    ),
    # A number beyond the last frame: 404 in most servers, 400 in some; the text gives no rule.
    _retrieve(
        "frames",
        "frames",
        at("GET", "", FRAMES),
        (
            _OCTETS,
            'multipart/related; type="image/jpeg"',
            'multipart/related; type="image/jls"',
            'multipart/related; type="image/jp2"',
            'multipart/related; type="video/mp4"',
        ),
    ),
    _retrieve(
        "bulkdata",
        "bulkdata",
        (
            *at("GET", "/bulkdata", STUDY, SERIES, INSTANCE),
            # Practice: the path of the attribute follows (dcm4chee, Google), or a file (static archives).
            *at("GET", "/bulkdata/{attribute_path*}", *_ATTRIBUTE),
            template("GET", INSTANCE[1] + "/bulk/{attribute_path*}", "attribute"),  # Orthanc
        ),
        (_OCTETS, "application/octet-stream"),
        section="10.4.1.1.1",
        also={
            404: "Not available now; older text adds that it may come back.",
            410: "It will never be available again.",
            416: "A byte range was asked for that cannot be satisfied.",
        },
    ),
    _retrieve(
        "pixeldata",
        "pixel data",
        at("GET", "/pixeldata", STUDY, SERIES, INSTANCE),
        (_OCTETS,),
        section="10.3, 10.4 (2023b and later)",
    ),
)
