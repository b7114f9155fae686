"""What an operator can do where TLS towards an archive comes to nothing: by OpenSSL's number for a certificate, or its reason
for all else. Constant sentences: what the archive sent is not repeated.
"""

import ssl
from collections.abc import Mapping

# X509_V_ERR_... (openssl/x509_vfy.h)
CERTIFICATE: Mapping[int, str] = {
    9: "The archive's certificate is not valid yet: compare the clocks of both machines.",
    10: "The archive's certificate, or one of its chain, has expired: have it renewed.",
    18: "The archive's certificate is signed by itself: name a copy of it (PEM) as ca_file in the archive's tls.",
    19: "The archive's certificate comes from an authority that is not trusted: name its certificate (PEM) as ca_file in "
    "the archive's tls.",
    20: "Who issued the archive's certificate is not known: name the authority (PEM) as ca_file in the archive's tls, or "
    "have the archive send the certificates between.",
    21: "The archive sends its own certificate and none of those between it and a trusted authority: have it send them.",
    26: "The archive's certificate is not meant for a server: have one issued that is.",
    62: "The archive's certificate is for another name: write one that it holds into the url.",
    64: "The archive's certificate is not for this address: write a name that it holds into the url.",
    66: "The key of the archive's certificate is too short: have one issued with at least 2048 bits of RSA.",
    67: "The key of the authority behind the archive's certificate is too short.",
    68: "The archive's certificate is signed with a hash that is broken, such as SHA-1: have it issued anew.",
}
CERTIFICATE_AT_ALL = "The archive's certificate is not valid here: look at it with openssl s_client."

_NO_TLS = "What answers there speaks no TLS: is the port one for plain HTTP, and the url to begin with http://?"
_TOO_OLD = "The archive speaks no TLS 1.2 or later: have TLS 1.2 switched on there."
_NOTHING_IN_COMMON = (
    "The archive ended the handshake: it asks for a certificate that it does not get, or what it has of ciphers and versions "
    "of TLS is not safe any more."
)
_NOT_OURS = "The archive refuses the certificate that the gateway shows: look at cert_file in the archive's tls."

REASONS: Mapping[str, str] = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "UNSUPPORTED_PROTOCOL": _TOO_OLD,
    "TLSV1_ALERT_PROTOCOL_VERSION": _TOO_OLD,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _NOTHING_IN_COMMON,
    "NO_SHARED_CIPHER": _NOTHING_IN_COMMON,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": _NOTHING_IN_COMMON,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "The archive demands a certificate of the gateway: name one as cert_file and "
    "key_file in the archive's tls.",
    "TLSV1_ALERT_UNKNOWN_CA": _NOT_OURS,
    "TLSV1_ALERT_ACCESS_DENIED": _NOT_OURS,
    "SSLV3_ALERT_BAD_CERTIFICATE": _NOT_OURS,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": _NOT_OURS,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": _NOT_OURS,
    "SSLV3_ALERT_CERTIFICATE_REVOKED": _NOT_OURS,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _NOT_OURS,
    "DH_KEY_TOO_SMALL": "The archive's key exchange is too weak (DH below 2048 bits): have ECDHE switched on there.",
    "EE_KEY_TOO_SMALL": CERTIFICATE[66],
    "CA_MD_TOO_WEAK": CERTIFICATE[68],
}


def hint(error: BaseException) -> str:
    """What to do about an error of TLS; empty where there is nothing to say."""
    cause = getattr(error, "certificate_error", None) or getattr(
        error, "os_error", error
    )  # below what aiohttp makes of it
    if isinstance(cause, ssl.SSLCertVerificationError):
        return CERTIFICATE.get(cause.verify_code, CERTIFICATE_AT_ALL)
    return REASONS.get(getattr(cause, "reason", None) or "", "")
