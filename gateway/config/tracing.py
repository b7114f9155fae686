"""The section `tracing`: where spans go, and of how many exchanges."""

import re
from dataclasses import dataclass

from gateway.config.files import FILE, SecretFile
from gateway.config.findings import Report, Wrong
from gateway.config.kinds import Key, One, Table
from gateway.config.settings import Secret, TracingSettings
from gateway.config.source import Node
from gateway.config.values import PERCENT, TEXT
from gateway.config.vocabulary import FIELD_LINE

ENDPOINT = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")
_SIGNAL = "/v1/traces"


def endpoint(written: str) -> str:
    """The address of a collector, without what each client of it adds. It may hold a password, so no message repeats it."""
    match = ENDPOINT.fullmatch(written)
    if match is None:
        raise Wrong("is not an address such as http://otel-collector:4318; tokens belong into headers_file")
    return written.rstrip("/").removesuffix(_SIGNAL)


def field_lines(content: bytes) -> tuple[tuple[str, str], ...]:
    """The header fields in a file, one in each line."""
    lines = [line for line in content.decode("latin-1").splitlines() if line.strip()]
    found = [FIELD_LINE.fullmatch(line) for line in lines]
    for number, match in enumerate(found, 1):
        if match is None:
            raise Wrong(f"line {number} of the file is not a header field such as Authorization: Bearer TOKEN")
    return tuple((match[1], match[2]) for match in found if match)


@dataclass(frozen=True, slots=True)
class FieldsFile(SecretFile):
    """The name of a file with header fields, which may hold secrets."""

    def read(self, node: Node, report: Report) -> Secret:
        secret = SecretFile.read(self, node, report)
        field_lines(secret.content)
        return secret


_TRACING = TracingSettings("")

TRACING = Table(
    {
        "endpoint": Key(
            One(endpoint), "The collector (OTLP over HTTP), such as http://otel-collector:4318; /v1/traces is added."
        ),
        "sample": Key(
            PERCENT,
            "The share of exchanges that are told of, where the client has not said it of its request.",
            _TRACING.sample,
        ),
        "service_name": Key(TEXT, "The name of this gateway in traces (service.name).", _TRACING.service_name),
        "ca_file": Key(FILE, "Certificates (PEM) of the authorities to trust, in the place of the system's.", None),
        "cert_file": Key(FILE, "The certificate that the collector is shown, with its chain, in PEM.", None),
        "key_file": Key(FILE, "Its private key, in PEM.", None),
        "headers_file": Key(
            FieldsFile(least=3), "A file with header fields for the collector, one in each line, such as a token.", None
        ),
    }
)
