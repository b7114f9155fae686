"""The checks that only read: what is asked, what must come, and which clause says so. `store_checks` has those that write.

Statuses are those that are right or harmless; the first is the one to hope for. (406 to a good retrieve is harmless: who
cannot recode pixels says so.) `right` is the code that is certain from the
question alone, whatever the archive says: a rule may be written for it. `each` asks for every study that was found.
"""

from dataclasses import dataclass

from gateway.probe.contents import Kind

JSON = (("Accept", "application/dicom+json"),)
OBJECTS = (("Accept", 'multipart/related; type="application/dicom"'),)
OCTETS = (("Accept", 'multipart/related; type="application/octet-stream"'),)
PICTURE = (("Accept", "image/jpeg"),)
PICTURES = (("Accept", "image/png, image/jpeg;q=0.5"),)
ANY = (("Accept", "*/*"),)
IMPOSSIBLE = (("Accept", "application/x-pacs-gateway-probe"),)

STUDY = "{root}/studies/{study}"
SERIES = STUDY + "/series/{series}"
INSTANCE = SERIES + "/instances/{instance}"
NOT_THERE = "{root}/studies/{unknown}"
WADO = "{wado}?requestType=WADO&studyUID={study}&seriesUID={series}&objectUID={instance}"


@dataclass(frozen=True, slots=True)
class Check:
    """One question. `needs` are names that must be known beside those in the target; `content` names an upload."""

    id: str
    what: str
    target: str
    statuses: tuple[int, ...]
    clause: str
    fields: tuple[tuple[str, str], ...] = JSON
    kind: Kind = Kind.ANY
    right: int = 0
    method: str = "GET"
    each: bool = False
    needs: str = ""
    content: str = ""

    @property
    def expected(self) -> str:
        """In words."""
        held = f" with {self.kind.value}" if self.kind else ""
        codes = [f"{code}{held}" if code == 200 else str(code) for code in self.statuses]
        return " or ".join(codes)


# fmt: off
# How the survey finds what it may ask for; these are checks as well.
FIND = Check("search", "a search for studies", "{root}/studies?limit={limit}", (200, 204), "PS3.18 10.6.3")
FIND_ONE = Check("search", "a search for the study that was named", "{root}/studies?StudyInstanceUID={study}", (200,),
                 "PS3.18 10.6.3", kind=Kind.RESULTS)
FIND_INSTANCES = Check("search-below-study", "a search for the instances of a study", STUDY + "/instances?limit={some}",
                       (200,), "PS3.18 10.6.3", kind=Kind.RESULTS, each=True)
METADATA = Check("metadata", "the metadata of an instance", INSTANCE + "/metadata", (200,), "PS3.18 10.4.3",
                 kind=Kind.METADATA, each=True)
# fmt: on

SEARCH = (
    Check("search-limit", "a search for one study", "{root}/studies?limit=1", (200,), "PS3.18 8.3.4.4", kind=Kind.ONE_RESULT),
    Check("search-offset", "a search for the second study", "{root}/studies?limit=1&offset=1", (200, 204), "PS3.18 8.3.4.4"),
    Check("search-patient", "a search by the PatientID of a study that a search had found",
          "{root}/studies?PatientID={patient}", (200,), "PS3.18 10.6.3", kind=Kind.RESULTS, each=True),
    Check("search-study", "a search by the UID of a study that a search had found",
          "{root}/studies?StudyInstanceUID={study}", (200,), "PS3.18 10.6.3", kind=Kind.RESULTS, each=True),
    Check("search-series", "a search for the series of a study", STUDY + "/series", (200,), "PS3.18 10.6.3",
          kind=Kind.RESULTS),
    Check("search-instances", "a search for an instance of a series", SERIES + "/instances?limit=1", (200,), "PS3.18 10.6.3",
          kind=Kind.RESULTS),
    Check("search-includefield", "a search with every field", "{root}/studies?limit=1&includefield=all", (200,),
          "PS3.18 8.3.4.3", kind=Kind.RESULTS),
    Check("search-nobody", "a search by a PatientID that nobody has", "{root}/studies?PatientID={nobody}", (204, 200),
          "PS3.18 10.6.3", kind=Kind.NO_RESULT),
    Check("search-nothing", "a search by a study UID that nobody has", "{root}/studies?StudyInstanceUID={unknown}",
          (204, 200), "PS3.18 10.6.3", kind=Kind.NO_RESULT),
    Check("search-below-nothing", "a search for the series of a study that nobody has", NOT_THERE + "/series",
          (204, 200, 404), "PS3.18 10.6.3", kind=Kind.NO_RESULT),
    Check("search-limit-negative", "a negative limit", "{root}/studies?limit=-1", (400, 200, 204), "PS3.18 8.3.4.4, 10.6.3",
          right=400),
    Check("search-limit-word", "a limit that is no number", "{root}/studies?limit=many", (400, 200, 204),
          "PS3.18 8.3.4.4, 10.6.3", right=400),
    Check("search-unknown-key", "a key that no dictionary has", "{root}/studies?PacsGatewayProbe=1&limit=1", (400, 200, 204),
          "PS3.18 8.3.4.1, 10.6.3", right=400),
    Check("search-unknown-field", "an includefield that no dictionary has",
          "{root}/studies?includefield=PacsGatewayProbe&limit=1", (400, 200, 204), "PS3.18 8.3.4.3, 10.6.3", right=400),
    Check("search-not-acceptable", "a search in a media type that nobody has", "{root}/studies?limit=1", (406,),
          "PS3.18 8.7.5, 10.6.3", IMPOSSIBLE, right=406),
    Check("search-as-page", "a search as text/html", "{root}/studies?limit=1", (406,), "PS3.18 8.7.5, 10.6.3",
          (("Accept", "text/html"),), right=406),
)  # fmt: skip

RETRIEVE = (
    Check("retrieve-study", "a small study", STUDY, (200, 406), "PS3.18 10.4.3", OBJECTS, Kind.OBJECTS, each=True,
          needs="small"),
    Check("retrieve-series", "a small series", SERIES, (200, 406), "PS3.18 10.4.3", OBJECTS, Kind.OBJECTS, needs="small"),
    Check("retrieve-instance", "an instance", INSTANCE, (200, 406), "PS3.18 10.4.3", OBJECTS, Kind.OBJECTS),
    Check("frame", "the first frame of an image", INSTANCE + "/frames/1", (200, 406), "PS3.18 10.4.3", OCTETS, Kind.OCTETS,
          each=True, needs="pixels"),
    Check("frame-of-none", "a frame of an object that has no pixels", INSTANCE + "/frames/1", (406, 404, 400),
          "PS3.18 10.4.3", OCTETS, right=406, each=True, needs="no_pixels"),
    Check("rendered", "an image as a picture", INSTANCE + "/rendered", (200, 406), "PS3.18 10.4.3", PICTURE, Kind.PICTURE,
          needs="pixels"),
    Check("rendered-either", "a picture in one of two media types", INSTANCE + "/rendered", (200,),
          "RFC 9110 12.5.1, PS3.18 8.7.5", PICTURES, Kind.PICTURE, needs="pixels"),
    Check("thumbnail", "a thumbnail; not every archive has them", INSTANCE + "/thumbnail", (200, 302, 303, 400, 404, 406),
          "PS3.18 10.4.1.1.4", PICTURES, needs="pixels"),
    Check("bulk-data", "the bulk data that the metadata name", "{bulk}", (200,), "PS3.18 10.4.3", ANY, Kind.OCTETS),
    Check("unknown-study", "a study that nobody has", NOT_THERE, (404, 410), "PS3.18 10.4.3", OBJECTS, right=404),
    Check("unknown-series", "a series that the study does not have", STUDY + "/series/{unknown}", (404, 410),
          "PS3.18 10.4.3", OBJECTS, right=404),
    Check("unknown-instance", "an instance that the series does not have", SERIES + "/instances/{unknown}", (404, 410),
          "PS3.18 10.4.3", OBJECTS, right=404),
    Check("unknown-metadata", "the metadata of a study that nobody has", NOT_THERE + "/metadata", (404, 410),
          "PS3.18 10.4.3", right=404),
    Check("unknown-frame", "a frame of an instance that nobody has",
          NOT_THERE + "/series/{unknown}.1/instances/{unknown}.1.1/frames/1", (404, 410), "PS3.18 10.4.3", OCTETS, right=404),
    Check("unknown-rendered", "a picture of an instance that nobody has",
          NOT_THERE + "/series/{unknown}.1/instances/{unknown}.1.1/rendered", (404, 410), "PS3.18 10.4.3", PICTURES,
          right=404),
    Check("malformed-study", "a study by something that is no UID", "{root}/studies/{malformed}", (400, 404),
          "PS3.18 10.4.3, PS3.5 9.1", OBJECTS, right=400),
    Check("malformed-metadata", "metadata by something that is no UID", "{root}/studies/{malformed}/metadata", (400, 404),
          "PS3.18 10.4.3, PS3.5 9.1", right=400),
    Check("frame-beyond", "a frame far beyond the last", INSTANCE + "/frames/99999", (404, 400), "PS3.18 10.4.3", OCTETS,
          right=404, needs="pixels"),
    Check("frame-zero", "frame 0", INSTANCE + "/frames/0", (400, 404), "PS3.18 10.4.3", OCTETS, right=400, needs="pixels"),
    Check("frame-word", "a list of frames that is none", INSTANCE + "/frames/one", (400, 404), "PS3.18 10.4.3", OCTETS,
          right=400, needs="pixels"),
    Check("bulk-data-bad-tag", "the bulk data of something that is no tag", "{bad_bulk}", (400, 404), "PS3.18 10.4.3", ANY,
          right=400),
    Check("study-not-acceptable", "a study in a media type that nobody has", STUDY, (406,), "PS3.18 8.7.5, 10.4.3",
          IMPOSSIBLE, right=406, needs="small"),
    Check("instance-not-acceptable", "an instance in a media type that nobody has", INSTANCE, (406,), "PS3.18 8.7.5, 10.4.3",
          IMPOSSIBLE, right=406),
    Check("metadata-not-acceptable", "metadata in a media type that nobody has", INSTANCE + "/metadata", (406,),
          "PS3.18 8.7.5, 10.4.3", IMPOSSIBLE, right=406),
    Check("frame-not-acceptable", "a frame in a media type that nobody has", INSTANCE + "/frames/1", (406,),
          "PS3.18 8.7.5, 10.4.3", IMPOSSIBLE, right=406, needs="pixels"),
    Check("rendered-not-acceptable", "a picture in a media type that nobody has", INSTANCE + "/rendered", (406,),
          "PS3.18 8.7.5, 10.4.3", IMPOSSIBLE, right=406, needs="pixels"),
)  # fmt: skip

HTTP = (
    Check("head-search", "HEAD of a search", "{root}/studies?limit=1", (200,), "RFC 9110 9.1, 9.3.2", method="HEAD"),
    Check("head-instance", "HEAD of an instance", INSTANCE, (200,), "RFC 9110 9.1, 9.3.2", OBJECTS, method="HEAD"),
    Check("options", "OPTIONS, which asks what the service can do", "{root}/studies", (200, 204, 405, 501),
          "PS3.18 8.9, RFC 9110 9.3.7", ANY, method="OPTIONS"),
    Check("unknown-method", "a method that DICOMweb does not have, but changes nothing (PROPFIND)", "{root}/studies",
          (405, 501), "RFC 9110 9.1, 15.5.6", ANY, method="PROPFIND"),
    Check("range", "the first bytes of an instance", INSTANCE, (206, 200), "RFC 9110 14.2",
          (*OBJECTS, ("Range", "bytes=0-9"))),
    Check("range-beyond", "bytes beyond the end of an instance", INSTANCE, (416, 200, 400), "RFC 9110 14.2, 15.5.17",
          (*OBJECTS, ("Range", "bytes=999999999999-"))),
    Check("range-malformed", "a Range that is none", INSTANCE, (200, 400, 416), "RFC 9110 14.2",
          (*OBJECTS, ("Range", "bytes=nothing"))),
    Check("not-modified", "an instance, if it is no longer as its ETag says", INSTANCE, (304,), "RFC 9110 13.1.2",
          (*OBJECTS, ("If-None-Match", "{etag}"))),
)  # fmt: skip

WADO_URI = (
    Check("wado-file", "a DICOM file by WADO-URI", WADO + "&contentType=application/dicom", (200,), "PS3.18 9.4.3", ANY,
          Kind.FILE),
    Check("wado-picture", "a picture by WADO-URI", WADO, (200,), "PS3.18 9.5.3", ANY, Kind.PICTURE, needs="pixels"),
    Check("wado-picture-of-none", "a picture of an object that has no pixels", WADO + "&contentType=image/jpeg",
          (406, 400, 404), "PS3.18 9.5.3", ANY, right=406, each=True, needs="no_pixels"),
    Check("wado-no-type", "WADO-URI without requestType", WADO.replace("requestType=WADO&", ""), (400,),
          "PS3.18 9.4.1, 9.4.3", ANY, right=400),
    Check("wado-no-object", "WADO-URI without objectUID", WADO.replace("&objectUID={instance}", ""), (400,),
          "PS3.18 9.4.1, 9.4.3", ANY, right=400),
    Check("wado-unknown", "an object that nobody has", WADO.replace("{instance}", "{unknown}"), (404, 410), "PS3.18 9.4.3",
          ANY, right=404),
    Check("wado-not-acceptable", "a contentType that nobody has", WADO + "&contentType=application/x-pacs-gateway-probe",
          (406, 400), "PS3.18 9.5.3", ANY, right=406),
)  # fmt: skip

READING: tuple[Check, ...] = (*SEARCH, *RETRIEVE, *HTTP)
