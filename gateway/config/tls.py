"""TLS contexts, towards clients, archives and the collector, and a sentence for each file that cannot be used for one.

A check makes the same calls as a start, so that a file that passed one passes the other. At least TLS 1.2 (RFC 9325 3.1.1;
older versions are no option of the configuration).
"""

import ssl
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from gateway.config.settings import AuditSettings, ServerTls, Upstream, UpstreamTls


class Unusable(Exception):  # noqa: N818 - it is a file
    """A file that TLS cannot use. `keys` lead to where the configuration names it."""

    def __init__(self, keys: tuple[str, ...], message: str) -> None:
        self.keys, self.message = keys, message
        super().__init__(f"{'.'.join(keys)}: {message}")


def towards_clients(tls: ServerTls) -> ssl.SSLContext:
    """What the port for clients shows and demands. Raises `Unusable`."""
    context = _at_least_1_2(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    _show(context, tls.cert_file, tls.key_file, ("server", "tls"))
    if tls.client_ca_file is not None:
        _trust(context, tls.client_ca_file, ("server", "tls", "client_ca_file"))
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def towards_archive(upstream: Upstream) -> ssl.SSLContext:
    """Whom to trust as this archive, and what to show it. Raises `Unusable`."""
    context = _towards_a_server(upstream.tls, ("upstreams", upstream.id, "tls"))
    if not upstream.tls.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def towards_collector(audit: AuditSettings) -> ssl.SSLContext:
    """Whom to trust as the collector of the audit trail, and what to show it. Raises `Unusable`."""
    return _towards_a_server(audit, ("audit",))


def _towards_a_server(tls: UpstreamTls | AuditSettings, keys: tuple[str, ...]) -> ssl.SSLContext:
    context = _at_least_1_2(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    if tls.ca_file is None:
        context.load_default_certs()
    else:
        _trust(context, tls.ca_file, (*keys, "ca_file"))
    if tls.cert_file is not None and tls.key_file is not None:
        _show(context, tls.cert_file, tls.key_file, keys)
    return context


def unusable(section: Mapping[str, Any], *keys: str) -> Iterator[Unusable]:
    """All that speaks against the files which a section of the configuration names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    attempts = [
        partial(_trust, context, file, (*keys, key)) for key, file in section.items() if _is_authority(key, file)
    ]
    if section.get("cert_file") is not None and section.get("key_file") is not None:
        attempts.append(partial(_show, context, section["cert_file"], section["key_file"], keys))
    for attempt in attempts:
        try:
            attempt()
        except Unusable as found:
            yield found


def _is_authority(key: str, file: object) -> bool:
    return key in ("ca_file", "client_ca_file") and file is not None


def _at_least_1_2(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _trust(context: ssl.SSLContext, file: Path, keys: tuple[str, ...]) -> None:
    try:
        context.load_verify_locations(file)
    except ssl.SSLError:
        raise Unusable(keys, f"the file {file} holds no certificates in PEM") from None
    except OSError as error:
        raise Unusable(keys, f"the file {file} cannot be read: {error.strerror}") from None


def _show(context: ssl.SSLContext, cert: Path, key: Path, keys: tuple[str, ...]) -> None:
    # OpenSSL does not say which of the two it could not read, so the certificate is tried alone first.
    _trust(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), cert, (*keys, "cert_file"))
    try:
        context.load_cert_chain(cert, key, password=_nobody_to_ask)
    except _IsProtected:
        message = f"the key in {key} is protected by a password; nobody is there to enter it when the gateway starts"
        raise Unusable((*keys, "key_file"), message) from None
    except ssl.SSLError as error:
        raise _pair_fault(error.reason or "", cert, key, keys) from None
    except OSError as error:
        raise Unusable((*keys, "key_file"), f"the file {key} cannot be read: {error.strerror}") from None


def _pair_fault(reason: str, cert: Path, key: Path, keys: tuple[str, ...]) -> Unusable:
    if reason == "KEY_VALUES_MISMATCH":
        return Unusable((*keys, "key_file"), f"the key in {key} does not belong to the certificate in {cert}")
    if not reason:
        return Unusable((*keys, "key_file"), f"the file {key} holds no private key in PEM")
    return Unusable((*keys, "cert_file"), f"the certificate in {cert} is refused: {reason.replace('_', ' ').lower()}")


class _IsProtected(Exception):  # noqa: N818
    """Without it OpenSSL would ask for the password at the terminal."""


def _nobody_to_ask() -> NoReturn:
    raise _IsProtected
