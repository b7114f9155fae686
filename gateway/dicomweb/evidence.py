"""How a transaction was told from all others, in words. The deciding is done by `classify`; nothing is read here again.

No value of a request is in these words but the service root, which is part of its path.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.dicomweb.classify import Classification
from gateway.dicomweb.transactions import Template

# Transactions that are not known by their path.
_TOLD_BY: Mapping[str, str] = MappingProxyType(
    {
        "notification.open": "it is a GET that asks for a WebSocket (Upgrade: websocket)",
        "cors.preflight": "it is OPTIONS with Origin and Access-Control-Request-Method: a browser's preflight",
        "capabilities.retrieve": "it is OPTIONS, which asks on any path what the service can do",
        "uri.retrieve-dicom": "the query has the key requestType, and contentType or Accept names application/dicom",
        "uri.retrieve-rendered": "the query has the key requestType, and nothing asks for application/dicom",
        "ws.retrieve": "it is a POST with a SOAPAction, or with a SOAP media type",
    }
)


def evidence(found: Classification, method: str) -> str:
    """What in the request says that it is this transaction."""
    if (told := _TOLD_BY.get(found.transaction.id)) is not None:
        return told
    if found.template is not None:
        return _by_path(found.template, found.root, method)
    if found.allow:
        return f"the path is known, but not with {method} and these query keys; it takes {', '.join(found.allow)}"
    return "no path, method or field of it is one that this route offers as DICOMweb"


def _by_path(template: Template, root: str, method: str) -> str:
    keys = [f"with {key}" for key in sorted(template.query)] + [f"without {key}" for key in sorted(template.absent)]
    query = f" and the query is {', '.join(keys)}" if keys else ""
    behind = f", behind {root}" if root else ""
    head = " (HEAD is judged as GET)" if method == "HEAD" else ""
    return f"the path ends as {template.method} {template.path}{behind}{query}{head}"
