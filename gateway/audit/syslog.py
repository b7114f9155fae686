"""One audit message as one syslog message: RFC 5424 with a UTF-8 MSG, framed by its length (RFC 5425 4.3, RFC 6587 3.4.1).

DICOM PS3.15 A.6 asks for facility 10 and severity 5, for a MSGID, and for the XML in MSG. Nothing of an exchange stands
outside of MSG.
"""

import re

PRI = 85  # 10 (security and authorisation) * 8 + 5 (normal but significant)
APP_NAME = "pacs-gateway"
MSGID = "DICOM+RFC3881"
BOM = b"\xef\xbb\xbf"  # RFC 5424 6.4: so MSG is known to be UTF-8

_NOT_PRINTABLE = re.compile(r"[^!-~]")


def header(host: str, pid: int) -> tuple[str, str]:
    """What stands before and after the timestamp, the same for all messages of one process."""
    return f"<{PRI}>1 ", f" {_NOT_PRINTABLE.sub('', host)[:255] or '-'} {APP_NAME} {pid} {MSGID} - "


def framed(head: tuple[str, str], timestamp: str, message: bytes) -> bytes:
    """The octets on the wire: their number, a space, and the syslog message."""
    before, after = head
    content = f"{before}{timestamp}{after}".encode("ascii") + BOM + message
    return b"%d %b" % (len(content), content)
