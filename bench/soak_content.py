"""What the soak's archive holds: nothing but a function. A number names a study, and its content, its size and the way it is
framed follow from the number, so that a client can tell one patient's study from another's, and a whole one from a part."""

import hashlib
from dataclasses import dataclass
from typing import Literal

Framing = Literal["length", "chunked", "close"]

CANARY = (
    "CANARY^DOE"  # stands for a patient's name: in targets, fields and answers, and never in what the gateway writes
)
BOUNDARY = "b0undary"
MULTIPART = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
_SIZES = (300, 5_000, 70_000, 1_000_000)
_FRAMINGS: tuple[Framing, ...] = ("length", "chunked", "close")


@dataclass(frozen=True, slots=True)
class Study:
    """One study, by its number."""

    number: int

    @property
    def target(self) -> str:
        return f"/studies/1.2.{self.number}"

    @property
    def framing(self) -> Framing:
        return _FRAMINGS[self.number % len(_FRAMINGS)]

    def content(self, most: int = len(_SIZES)) -> bytes:
        """One multipart content with one instance; `most` bounds which of the sizes it may have."""
        size = _SIZES[self.number // len(_FRAMINGS) % most]
        pixels = hashlib.shake_256(str(self.number).encode()).digest(size)
        file = bytes(128) + b"DICM" + pixels
        head = f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        return head + file + f"\r\n--{BOUNDARY}--\r\n".encode()

    @property
    def receipt(self) -> bytes:
        """The answer to a Store of it (PS3.18 10.5.3)."""
        return (
            b'{"00081199": {"vr": "SQ", "Value": [{"00081150": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]}, '
            b'"00081155": {"vr": "UI", "Value": ["1.2.%d.1.1"]}}]}}' % self.number
        )


def study_of(target: str) -> Study:
    """The study that a target names."""
    return Study(int(target.partition("?")[0].split("/")[2].rsplit(".", 1)[1]))
