"""Certificates made for one test: an authority, what it signs, and the TLS contexts of both peers of the gateway."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LOCAL = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Certificate:
    """A certificate with its chain, and its key, as files in PEM. Also a self-signed one: trust `cert` itself."""

    cert: Path
    key: Path

    @property
    def der(self) -> bytes:
        """Its first certificate, as a peer is shown it."""
        return ssl.PEM_cert_to_DER_cert(self.cert.read_text())

    def server(self, clients: "Authority | None" = None) -> ssl.SSLContext:
        """What a server that shows this certificate uses; with `clients` it demands one of theirs in return."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        if clients is not None:
            context.load_verify_locations(clients.file)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class Authority:
    """A certificate authority. Its files lie in `folder`, under its name."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._ca = trustme.CA(organization_name=name)
        self._folder, self._name, self._issued = folder, name, 0
        self.file = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(str(self.file))

    def certificate(self, *names: str, expired: bool = False) -> Certificate:
        """A certificate for `names`, or for this machine. It serves for servers and for clients."""
        end = datetime(2001, 1, 1, tzinfo=UTC) if expired else None
        issued = self._ca.issue_cert(*(names or LOCAL), not_before=datetime(2000, 1, 1, tzinfo=UTC), not_after=end)
        self._issued += 1
        stem = self._folder / f"{self._name}-{self._issued}"
        made = Certificate(stem.with_suffix(".crt"), stem.with_suffix(".key"))
        made.cert.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(made.key))
        return made

    def client(self, shown: Certificate | None = None) -> ssl.SSLContext:
        """What a client uses that trusts this authority, and shows a certificate if it has one."""
        context = ssl.create_default_context(cafile=str(self.file))
        if shown is not None:
            context.load_cert_chain(shown.cert, shown.key)
        return context


def signed_by_itself(folder: Path) -> Certificate:
    """What an archive makes for itself when it is installed."""
    key, begin = ec.generate_private_key(ec.SECP256R1()), datetime(2020, 1, 1, tzinfo=UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "archive")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=9999))
    made = Certificate(folder / "itself.crt", folder / "itself.key")
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    made.cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    made.key.write_bytes(key.private_bytes(*form))
    return made
