"""The archive that is asked: origin, root of its DICOMweb service, address of its WADO-URI service."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_PATH = re.compile(r"(?:/[!-~]*)?")
DEFAULT_WADO = "/wado"


class UnusableTarget(ValueError):  # noqa: N818 - a mistake of the user, told in one sentence
    """This is no address of an archive; the text says why and what to write."""


@dataclass(frozen=True, slots=True)
class Target:
    """`origin` is scheme and authority, `root` the path of the service without a slash at its end, `wado` a path. `named`
    where the user gave the last of them, and it is no guess."""

    origin: str
    root: str
    wado: str = DEFAULT_WADO
    named: bool = False

    @property
    def url(self) -> str:
        return self.origin + self.root


def target_of(url: str, wado: str = "") -> Target:
    """The target that a user names."""
    origin, root = _split(url)
    if not wado:
        return Target(origin, root)
    if wado.startswith("/"):
        return Target(origin, root, _path(wado), named=True)
    elsewhere, path = _split(wado) if "://" in wado else ("", "")
    if elsewhere != origin:
        raise UnusableTarget(f"the WADO-URI service has to be at {origin}; give its path, such as /wado")
    return Target(origin, root, path or "/", named=True)


def _split(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnusableTarget(f"{url} is no URL; write something like http://pacs.local:8042/dicom-web") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnusableTarget(f"{url} is no http or https URL; write something like http://pacs.local:8042/dicom-web")
    if "@" in parts.netloc:
        raise UnusableTarget("a URL with a password would end up in reports; use --header-file for Authorization")
    if parts.query or parts.fragment:
        raise UnusableTarget("the URL of a service has neither ? nor #; write only where it begins")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else ""), _path(parts.path).rstrip("/")


def _path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise UnusableTarget("the path has characters that no request may hold; percent-encode them")
    return path
