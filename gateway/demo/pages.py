"""What the legacy PACS and the boxes in front of it say when they misbehave: pages, and answers cut short.

Written after what such products send, in the shortest form that still shows the defect.
"""

from gateway.demo import multipart, studies


def _page(title: str, body: str) -> bytes:
    return f"<html>\n<head><title>{title}</title></head>\n<body>\n{body}\n</body>\n</html>\n".encode()


BAD_GATEWAY = _page("502 Bad Gateway", "<center><h1>502 Bad Gateway</h1></center>\n<hr><center>nginx</center>")
FOUND = _page("Object moved", '<h2>Object moved to <a href="/login">here</a>.</h2>')
MAINTENANCE = _page("Maintenance", "<p>The archive is under maintenance and will be back soon.</p>")
TOO_MANY = _page("429 Too Many Requests", "<h1>Too Many Requests</h1>")
LOGIN = _page(
    "PACS portal",
    '<form method="POST" action="j_security_check">\n<p>Your session has expired. Please log in.</p>\n'
    '<input name="j_username">\n<input type="password" name="j_password">\n</form>',
)
STACK_TRACE = _page(
    "Server Error",
    "<h1>Server Error in '/dicom-web' Application.</h1>\n<pre>\n"
    "[StudyNotFoundException: no study with this UID]\n"
    "   at Legacy.Archive.StudyStore.Open(String uid) in d:\\build\\archive\\StudyStore.cs:line 217\n"
    "   at Legacy.Web.WadoRsHandler.ProcessRequest(HttpContext context)\n</pre>",
)

NO_CONTENT_WITH_CONTENT = (
    b'HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{"error": "no such study"}'
)


def cut_study() -> bytes:
    """Half of the first synthetic study under the length of the whole."""
    content_type, body = _first_study()
    return _head(content_type, f"Content-Length: {len(body)}") + body[: len(body) // 2]


def endless_chunks() -> bytes:
    """The same half in one chunk, and then no other."""
    content_type, body = _first_study()
    half = body[: len(body) // 2]
    return _head(content_type, "Transfer-Encoding: chunked") + f"{len(half):x}\r\n".encode() + half + b"\r\n"


def _first_study() -> tuple[str, bytes]:
    return multipart.related(multipart.DICOM, studies.files()[: studies.STUDIES[0].series[0].images])


def _head(content_type: str, framing: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n{framing}\r\n\r\n".encode()
