"""The files that TLS is made of: each fault has its sentence, at the key that names the file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from gateway.config.findings import ConfigErrors
from gateway.config.load import load
from tests.support.certificates import Authority, Certificate

TEXT = """\
version: 1
upstreams: {pacs: {url: 'https://pacs', tls: {ca_file: ca.pem, cert_file: ca-1.crt, key_file: ca-1.key}}}
server: {tls: {cert_file: ca-1.crt, key_file: ca-1.key, client_ca_file: ca.pem}}
"""
ARCHIVE, SERVER = "upstreams.pacs.tls", "server.tls"


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def shown(ca: Authority) -> Certificate:
    return ca.certificate()


def findings(folder: Path) -> list[str]:
    """What is wrong, without the places."""
    file = folder / "gateway.yaml"
    file.write_text(TEXT)
    try:
        load(file, {})
    except ConfigErrors as errors:
        return [f"{found.path}: {found.message.replace(f'{folder}/', '')}" for found in errors.findings]
    return []


def test_files_that_fit_are_valid(shown: Certificate, tmp_path: Path) -> None:
    assert findings(tmp_path) == []


def test_authorities_that_are_none(shown: Certificate, ca: Authority, tmp_path: Path) -> None:
    ca.file.write_bytes(shown.key.read_bytes())
    said = "the file ca.pem holds no certificates in PEM: it holds a private key: were the two files exchanged?"
    assert findings(tmp_path) == [f"{ARCHIVE}.ca_file: {said}", f"{SERVER}.client_ca_file: {said}"]


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)


def pkcs12(pem: bytes, key: bytes) -> bytes:
    loaded = serialization.load_pem_private_key(key, None)
    assert isinstance(loaded, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    certificate = x509.load_pem_x509_certificate(pem)
    return serialize_key_and_certificates(b"gateway", loaded, certificate, None, serialization.NoEncryption())


def key_in_der(pem: bytes) -> bytes:
    loaded = serialization.load_pem_private_key(pem, None)
    form = serialization.PrivateFormat.PKCS8
    return loaded.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())


DER = ": it holds DER or PKCS#12, not PEM: convert it with `openssl {} -inform der -in {} -out {}.pem`, or `openssl pkcs12 {}"
REQUEST = b"-----BEGIN CERTIFICATE REQUEST-----\nMII"
NOTHING = [(b"", ": it is empty"), (b"\xff\xfe\x00", ""), (b"version: 1\n", "")]
NO_CERTIFICATES = [
    *NOTHING,
    (b"-----BEGIN CERTIFICATE-----\nMII", ": it holds part of one, or a damaged one"),
    (REQUEST, ": it holds a request for a certificate: put here what the authority answered to it"),
    (b"-----BEGIN PKCS7-----\nMII", ": it holds PKCS#7: convert it with `openssl pkcs7 -print_certs -in ca-1.crt"),
]
NO_KEYS = [
    *NOTHING,
    (b"-----BEGIN PRIVATE KEY-----\nMII", ": it holds part of one, or a damaged one"),
    (b"-----BEGIN CERTIFICATE-----\nMII", ": it holds certificates: were the two files exchanged?"),
    (b"-----BEGIN PUBLIC KEY-----\nMII", ": it holds a public key"),
]


def test_certificates_in_other_forms(shown: Certificate, tmp_path: Path) -> None:
    pem, key = shown.cert.read_bytes(), shown.key.read_bytes()
    for content in (der(pem), pkcs12(pem, key)):
        shown.cert.write_bytes(content)
        (archive, server) = findings(tmp_path)
        said = "the file ca-1.crt holds no certificates in PEM" + DER.format("x509", "ca-1.crt", "ca-1.crt", "-nokeys")
        assert archive.startswith(f"{ARCHIVE}.cert_file: {said}")
        assert server.startswith(f"{SERVER}.cert_file: {said}")


def test_a_key_in_another_form(shown: Certificate, tmp_path: Path) -> None:
    shown.key.write_bytes(key_in_der(shown.key.read_bytes()))
    (archive, server) = findings(tmp_path)
    said = "the file ca-1.key holds no private key in PEM" + DER.format("pkey", "ca-1.key", "ca-1.key", "-nocerts")
    assert archive.startswith(f"{ARCHIVE}.key_file: {said}")
    assert server.startswith(f"{SERVER}.key_file: {said}")


@pytest.mark.parametrize(("content", "why"), NO_CERTIFICATES)
def test_a_certificate_that_is_none(content: bytes, why: str, shown: Certificate, tmp_path: Path) -> None:
    shown.cert.write_bytes(content)
    said = f"the file ca-1.crt holds no certificates in PEM{why}"
    archive, server = findings(tmp_path)
    assert archive.startswith(f"{ARCHIVE}.cert_file: {said}")
    assert server.startswith(f"{SERVER}.cert_file: {said}")


@pytest.mark.parametrize(("content", "why"), NO_KEYS)
def test_a_key_that_is_none(content: bytes, why: str, shown: Certificate, tmp_path: Path) -> None:
    shown.key.write_bytes(content)
    said = f"the file ca-1.key holds no private key in PEM{why}"
    assert findings(tmp_path) == [f"{ARCHIVE}.key_file: {said}", f"{SERVER}.key_file: {said}"]


def test_an_authority_in_front_of_its_certificate(shown: Certificate, ca: Authority, tmp_path: Path) -> None:
    shown.cert.write_bytes(ca.file.read_bytes() + shown.cert.read_bytes())
    said = "the first certificate in ca-1.crt is an authority's: the gateway's own comes first, then its issuer's"
    assert findings(tmp_path) == [f"{ARCHIVE}.cert_file: {said}", f"{SERVER}.cert_file: {said}"]


def test_a_key_of_another_certificate(shown: Certificate, ca: Authority, tmp_path: Path) -> None:
    shown.key.write_bytes(ca.certificate().key.read_bytes())
    said = "the key in ca-1.key does not belong to the certificate in ca-1.crt"
    assert findings(tmp_path) == [f"{ARCHIVE}.key_file: {said}", f"{SERVER}.key_file: {said}"]


def test_a_key_behind_a_password(shown: Certificate, tmp_path: Path) -> None:
    """OpenSSL would ask for it at the terminal, and a start would hang."""
    key = serialization.load_pem_private_key(shown.key.read_bytes(), None)
    shown.key.write_bytes(in_pem(key, serialization.BestAvailableEncryption(b"secret")))
    said = "the key in ca-1.key is protected by a password; nobody is there to enter it when the gateway starts"
    assert findings(tmp_path) == [f"{ARCHIVE}.key_file: {said}", f"{SERVER}.key_file: {said}"]


def test_a_certificate_that_is_too_weak(shown: Certificate, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 1024)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "weak")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    weak = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=9999))
    shown.cert.write_bytes(weak.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    shown.key.write_bytes(in_pem(key, serialization.NoEncryption()))
    said = "the certificate in ca-1.crt is refused: its key is too short; RSA needs 2048 bits, ECDSA 224"
    assert findings(tmp_path) == [f"{ARCHIVE}.cert_file: {said}", f"{SERVER}.cert_file: {said}"]


def in_pem(key: PrivateKeyTypes, lock: serialization.KeySerializationEncryption) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
