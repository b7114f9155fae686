"""TLS contexts, towards clients, archives and the collector, and a sentence for each file that cannot be used for one.

A check makes the same calls as a start, so that a file that passed one passes the other. At least TLS 1.2 (RFC 9325 3.1.1;
older versions are no option of the configuration), and no compression, which Python leaves out by itself.
"""

import ssl
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from gateway.config.held import instead_of
from gateway.config.settings import AuditSettings, ServerTls, Upstream, UpstreamTls
from gateway.config.x509 import certificates_in

# Of TLS 1.2, towards clients: keys of the moment and ciphers that authenticate (RFC 9325 4.2). All of TLS 1.3's are such. An
# archive may be older than that, so towards it those stand that Python offers, which end with CBC.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"

# By OpenSSL's own reasons. Which sizes are too small is its security level: 112 bits on most systems.
REFUSED = {
    "EE_KEY_TOO_SMALL": "its key is too short; RSA needs 2048 bits, ECDSA 224",
    "CA_KEY_TOO_SMALL": "the key of its authority is too short; RSA needs 2048 bits, ECDSA 224",
    "CA_MD_TOO_WEAK": "it is signed with a hash that is broken, such as SHA-1",
}


class Unusable(Exception):  # noqa: N818 - it is a file
    """A file that TLS cannot use. `keys` lead to where the configuration names it."""

    def __init__(self, keys: tuple[str, ...], message: str) -> None:
        self.keys, self.message = keys, message
        super().__init__(f"{'.'.join(keys)}: {message}")


def towards_clients(tls: ServerTls) -> ssl.SSLContext:
    """What the port for clients shows and demands. Raises `Unusable`."""
    context = _at_least_1_2(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.options |= ssl.OP_NO_RENEGOTIATION  # not towards archives: IIS asks for a certificate in this way
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
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
        message = f"the file {file} holds no certificates in PEM{instead_of('certificate', file)}"
        raise Unusable(keys, message) from None
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
        return _strangers(cert, key, keys)
    if not reason:
        return Unusable((*keys, "key_file"), f"the file {key} holds no private key in PEM{instead_of('key', key)}")
    told = REFUSED.get(reason, reason.replace("_", " ").lower())
    return Unusable((*keys, "cert_file"), f"the certificate in {cert} is refused: {told}")


def _strangers(cert: Path, key: Path, keys: tuple[str, ...]) -> Unusable:
    """A key and the first certificate of a file, which is not its own."""
    chain = certificates_in(cert)
    if any(other.issuer == chain[0].subject for other in chain[1:]):
        message = f"the first certificate in {cert} is an authority's: the gateway's own comes first, then its issuer's"
        return Unusable((*keys, "cert_file"), message)
    return Unusable((*keys, "key_file"), f"the key in {key} does not belong to the certificate in {cert}")


class _IsProtected(Exception):  # noqa: N818
    """Without it OpenSSL would ask for the password at the terminal."""


def _nobody_to_ask() -> NoReturn:
    raise _IsProtected
