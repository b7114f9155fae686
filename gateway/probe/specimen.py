"""The object that a survey stores where it may: one small synthetic image with a name that nobody can take for a patient's,
and the uploads that are made of it, good and broken."""

from gateway.demo.part10 import part10
from gateway.demo.studies import datasets
from gateway.probe.names import new_uid

PATIENT_NAME, PATIENT_ID = "PROBE^PACS-GATEWAY", "PACS-GATEWAY-PROBE"
BOUNDARY = "pacs-gateway-probe"
MULTIPART = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'


class Specimen:
    """The image of one survey. `study` is where it is stored, `cut_study` where a broken upload would have been."""

    def __init__(self) -> None:
        self.study, self.cut_study = new_uid(), new_uid()

    def upload(self, content: str) -> bytes:
        """One of the contents that checks name."""
        good = image(self.study)
        return {
            "good": multipart(good),
            "good and garbage": multipart(good, b"garbage"),
            "garbage": multipart(b"garbage"),
            "nothing": f"--{BOUNDARY}--\r\n".encode(),
            "other boundary": multipart(good).replace(BOUNDARY.encode(), b"another"),
            "cut": multipart(image(self.cut_study)),
        }[content]


def image(study: str) -> bytes:
    """A DICOM file. The UIDs below the study's are made as long as they may be, and no longer (PS3.5 9.1)."""
    dataset = {
        **next(datasets()),
        "PatientName": PATIENT_NAME,
        "PatientID": PATIENT_ID,
        "StudyInstanceUID": study,
        "SeriesInstanceUID": f"{study}.1",
        "SOPInstanceUID": f"{study}.1.1",
        "FrameOfReferenceUID": f"{study}.0",
        "StudyDescription": "Test object of pacs-gateway probe",
        "Manufacturer": "pacs-gateway probe",
    }
    return part10(dataset)


def multipart(*files: bytes) -> bytes:
    parts = (f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode() + file + b"\r\n" for file in files)
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
