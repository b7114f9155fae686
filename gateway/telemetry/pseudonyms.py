"""What the access log may call the study, series and instance of a request: nothing, a keyed hash, or their UIDs.

The study's UID finds its patient in any archive, so by default it is not told (`logging.identifiers: drop`). With `hash` an
operator can follow one study through the log without learning which it is. The hash is keyed (HMAC, RFC 2104), because
whoever has the archive's list of UIDs could undo a plain one by trying them all. With a key from a file the hashes of all
runs and replicas are comparable; without one each process makes its own key and forgets it at its end.

Nothing but UIDs is ever told, also with `keep`: see `dicomweb.identifiers`.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway.config.settings import LoggingSettings, Secret
from gateway.dicomweb.identifiers import identifiers

Names = Mapping[str, str]
Naming = Callable[[str], Names]  # from the raw target of a request

NO_NAMES: Names = MappingProxyType({})
LENGTH = 16  # hexadecimal digits: that two of a million studies share a hash has a chance of 1 in 37 million


def naming(settings: LoggingSettings) -> Naming:
    """How this configuration names what a request asks for."""
    return _WAYS[settings.identifiers](settings.identifier_key_file)


def _drop(_key: Secret | None) -> Naming:
    return lambda _target: NO_NAMES


def _hash(secret: Secret | None) -> Naming:
    key = secret.content if secret is not None else secrets.token_bytes(32)

    def pseudonym(uid: str) -> str:
        return hmac.digest(key, uid.encode("ascii"), "sha256").hex()[:LENGTH] if uid else ""

    return lambda target: {name: pseudonym(uid) for name, uid in _uids(target).items()}


def _keep(_key: Secret | None) -> Naming:
    return _uids


def _uids(target: str) -> Names:
    """Always the same three keys; empty where the request names none."""
    named = identifiers(target)
    return {"study": named.study, "series": named.series, "instance": named.instance}


_WAYS: Mapping[str, Callable[[Secret | None], Naming]] = {"drop": _drop, "hash": _hash, "keep": _keep}
