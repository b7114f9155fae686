"""Requests worth trying, as values: for the tour, for the list on the front page, for tests."""

import shlex
from dataclasses import dataclass

from gateway.demo.resource import ROOT

DICOM_JSON = (("Accept", "application/dicom+json"),)
INSTANCES = (("Accept", 'multipart/related; type="application/dicom"'),)
FRAMES = (("Accept", 'multipart/related; type="application/octet-stream"'),)


@dataclass(frozen=True, slots=True)
class Probe:
    """One request, without the authority to send it to."""

    target: str
    fields: tuple[tuple[str, str], ...] = DICOM_JSON
    method: str = "GET"
    content: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.target}"

    def curl(self, base: str) -> str:
        """The same for a shell."""
        words = ["curl", "-i"] + (["-X", self.method] if self.method != "GET" else [])
        for name, value in self.fields:
            words += ["-H", f"{name}: {value}"]
        if self.content:
            words += ["--data-binary", self.content.decode()]
        return shlex.join([*words, base + self.target])


def search(patient: str) -> Probe:
    """A search for the studies of one PatientID."""
    return Probe(f"{ROOT}/studies?PatientID={patient}")


def metadata(study: str) -> Probe:
    return Probe(f"{ROOT}/studies/{study}/metadata")


def retrieve(study: str) -> Probe:
    return Probe(f"{ROOT}/studies/{study}", INSTANCES)


def instance(study: str, *more: tuple[str, str]) -> Probe:
    """The first instance of a study, as UIDs are built here; `more` are further field lines."""
    return Probe(f"{ROOT}/studies/{study}/series/{study}.1/instances/{study}.1.1", INSTANCES + more)


def frames(study: str) -> Probe:
    return Probe(instance(study).target + "/frames/1", FRAMES)


def store(study: str = "", content: bytes = b"--demo--") -> Probe:
    """A Store request. The default content has no instance in it, for replies that never look."""
    fields = (("Content-Type", 'multipart/related; type="application/dicom"; boundary=demo'), *DICOM_JSON)
    return Probe(f"{ROOT}/studies/{study}".rstrip("/"), fields, "POST", content)
