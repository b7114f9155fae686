"""The closed lists: every word of a request or an answer that a recording may hold.

What is not here is counted and left out. Each list has what DICOMweb (PS3.18), HTTP (RFC 9110) and the products in the
field write, and nothing that a person, a study or a session could be called by.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.dicomweb.media import parse_media_type
from gateway.dicomweb.transactions import TRANSACTIONS

Words = Mapping[str, str]  # a word in lower case, and how it is written


def _words(*texts: str) -> Words:
    return MappingProxyType({word.lower(): word for text in texts for word in text.split()})


# PS3.18 10.6, 11.9 and I.1, PS3.6: what searches ask for and answers hold.
_ATTRIBUTES = """
00080005 SpecificCharacterSet 00080016 SOPClassUID 00080018 SOPInstanceUID 00080020 StudyDate 00080021 SeriesDate
00080030 StudyTime 00080050 AccessionNumber 00080054 RetrieveAETitle 00080056 InstanceAvailability 00080060 Modality
00080061 ModalitiesInStudy 00080062 SOPClassesInStudy 00080080 InstitutionName 00080090 ReferringPhysicianName
00080201 TimezoneOffsetFromUTC 00081030 StudyDescription 0008103E SeriesDescription 00081115 ReferencedSeriesSequence
00081150 ReferencedSOPClassUID 00081155 ReferencedSOPInstanceUID 00081190 RetrieveURL 00081195 TransactionUID
00081196 WarningReason 00081197 FailureReason 00081198 FailedSOPSequence 00081199 ReferencedSOPSequence
0008119A OtherFailuresSequence 00100010 PatientName 00100020 PatientID 00100021 IssuerOfPatientID
00100030 PatientBirthDate 00100040 PatientSex 0020000D StudyInstanceUID 0020000E SeriesInstanceUID 00200010 StudyID
00200011 SeriesNumber 00200013 InstanceNumber 00201206 NumberOfStudyRelatedSeries
00201208 NumberOfStudyRelatedInstances 00201209 NumberOfSeriesRelatedInstances 00280008 NumberOfFrames 00280010 Rows
00280011 Columns 00280100 BitsAllocated 00400009 ScheduledProcedureStepID 00400244 PerformedProcedureStepStartDate
00400245 PerformedProcedureStepStartTime 00400275 RequestAttributesSequence 00401001 RequestedProcedureID
00404005 ScheduledProcedureStepStartDateTime 00404018 ScheduledWorkitemCodeSequence 00741000 ProcedureStepState
00741200 ScheduledProcedureStepPriority 00741202 WorklistLabel 00741204 ProcedureStepLabel 7FE00010 PixelData
"""

# PS3.18 8.3, 9.4, 10.4 to 10.6, 11.4 to 11.10.
_PARAMETERS = """
accept annotation anonymize charset columns contentType deletionlock emptyvaluematching filter frameNumber fuzzymatching
iccprofile imageQuality includefield limit multiplevaluematching objectUID offset presentationSeriesUID presentationUID
quality region requestType rows seriesUID studyUID transferSyntax update viewport window windowCenter windowWidth workitem
"""

QUERY_KEYS = _words(_ATTRIBUTES, _PARAMETERS)

# How products name what went wrong: Orthanc, dcm4chee, Spring, ASP.NET, Node, API gateways, RFC 9457.
_NUMBERED = "status statusCode status_code code httpStatus HttpStatusCode errorCode error_code OrthancStatus"
NUMBERED = _words(_NUMBERED)
_OF_ERRORS = """
error errors errorMessage error_description detail details description exception message reason title type traceId instance
cause causes path timestamp uri method HttpError OrthancError Message stackTrace trace fault faultstring requestId success
result results data items total count warnings
"""

JSON_KEYS = _words(_ATTRIBUTES, "vr Value BulkDataURI InlineBinary Alphabetic", _NUMBERED, _OF_ERRORS)

REQUEST_FIELDS = _words(
    """
    Accept Accept-Charset Accept-Encoding Accept-Language Access-Control-Request-Headers Access-Control-Request-Method
    Authorization Cache-Control Connection Content-Encoding Content-Length Content-Location Content-Type Cookie Date Expect
    Forwarded From Host If-Match If-Modified-Since If-None-Match If-Range If-Unmodified-Since Keep-Alive Max-Forwards Origin
    Pragma Prefer Proxy-Authorization Range Referer SOAPAction Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site
    Sec-WebSocket-Extensions Sec-WebSocket-Key Sec-WebSocket-Protocol Sec-WebSocket-Version TE Traceparent Transfer-Encoding
    Upgrade User-Agent Via X-Api-Key X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Requested-With
    """
)

ANSWER_FIELDS = _words(
    """
    Accept-Ranges Access-Control-Allow-Credentials Access-Control-Allow-Headers Access-Control-Allow-Methods
    Access-Control-Allow-Origin Access-Control-Expose-Headers Access-Control-Max-Age Age Allow Alt-Svc Cache-Control
    Connection Content-Disposition Content-Encoding Content-Language Content-Length Content-Location Content-MD5
    Content-Range Content-Security-Policy Content-Type Date ETag Expires Keep-Alive Last-Modified Link Location MIME-Version
    P3P Pragma Proxy-Authenticate Proxy-Connection Referrer-Policy Refresh Retry-After Sec-WebSocket-Accept Server
    Set-Cookie Strict-Transport-Security TE Trailer Transfer-Encoding Upgrade Vary Via WWW-Authenticate Warning
    X-AspNet-Version X-Cache X-Content-Type-Options X-Frame-Options X-Powered-By X-Request-Id X-XSS-Protection
    x-amz-request-id x-amzn-ErrorType x-amzn-RequestId
    """
)

# What an address says of where it leads: to a login, an error page, an image.
PATH_WORDS = _words(
    """
    account accounts adfs api app asp aspx auth authorize authn cas cgi connect default dicom dicomweb do error errors failed
    forbidden home html idp index instances jsf json jsp jsessionid keycloak login logon logout metadata oauth oauth2 oidc
    openid page password php portal protocol realms redirect rendered returnurl rs saml saml2 series service session sign
    signin signon sso studies thumbnail timeout token ui unauthorized user users wado web welcome workitems
    """
)

# What servers and frameworks call themselves; without versions.
PRODUCTS = _words(
    """
    Apache Apache-Coyote ASP.NET AmazonS3 CloudFront Express IIS Jetty Kestrel Microsoft-HTTPAPI Microsoft-IIS Mongoose
    Orthanc PHP Servlet Tomcat Undertow WildFly awselb cloudflare envoy gunicorn haproxy lighttpd nginx openresty squid
    uvicorn
    """
)

_MORE_TYPES = """
*/* application/* application/dicom application/dicom+json application/dicom+xml application/json application/octet-stream
application/pdf application/problem+json application/problem+xml application/soap+xml application/vnd.sun.wadl+xml
application/x-www-form-urlencoded application/xhtml+xml application/xml application/zip audio/* image/* image/bmp image/gif
image/jls image/jp2 image/jph image/jpeg image/jphc image/jpx image/jxl image/png image/svg+xml image/tiff image/webp
image/x-dicom-rle image/x-jls image/dicom-rle multipart/* multipart/byteranges multipart/form-data multipart/mixed
multipart/related text/* text/css text/csv text/html text/javascript text/plain text/rtf text/xml video/* video/H264
video/mp4 video/mpeg video/mpeg2
"""


def _media_types() -> frozenset[str]:
    promised = {media for row in TRANSACTIONS.values() for media in (*row.media_types, *row.request_media_types)}
    read = [media for media in map(parse_media_type, promised) if media is not None]
    inner = {value for media in read for name, value in media.parameters if name == "type"}
    return frozenset({media.essence for media in read} | inner | set(_words(_MORE_TYPES)))


MEDIA_TYPES = _media_types()
TOP_LEVELS = frozenset({"application", "audio", "font", "image", "message", "model", "multipart", "text", "video"})
