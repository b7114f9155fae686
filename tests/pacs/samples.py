"""DICOM objects and multipart contents that these tests make, and the odd ones that pydicom ships."""

import hashlib
import io
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from pydicom import dcmread, dcmwrite
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

UIDS = "1.2.826.0.1.3680043.8.498"
MULTIPART = 'multipart/related; type="application/dicom"; boundary=b'
# Compressed in two ways, in colour, deflated as a whole, and without any image.
ODD_OBJECTS = ("JPEG2000.dcm", "MR_small_RLE.dcm", "SC_rgb_jpeg_dcmtk.dcm", "image_dfl.dcm", "waveform_ecg.dcm")


def ct(study: str, number: int = 1, size: int = 16) -> Dataset:
    """A small CT image; its pixels count upwards."""
    ds = Dataset()
    ds.preamble = b"\0" * 128  # without it dicomweb-client cannot read back what it stored
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{study}.1.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, f"{study}.1"
    ds.PatientID, ds.PatientName, ds.Modality = "TEST-1", "Test^One", "CT"
    ds.StudyDate, ds.InstanceNumber = "20240102", number
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows = ds.Columns = size
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation = 15, 0
    ds.PixelData = np.arange(size * size).astype(np.uint16).tobytes()
    return ds


def part10(ds: Dataset) -> bytes:
    out = io.BytesIO()
    dcmwrite(out, ds, enforce_file_format=True)
    return out.getvalue()


@cache
def odd_objects() -> tuple[tuple[str, bytes], ...]:
    """Names and files of the objects that pydicom ships."""
    paths = [(name, get_testdata_file(name, download=False)) for name in ODD_OBJECTS]
    return tuple((name, Path(str(path)).read_bytes()) for name, path in paths)


def path_of(file: bytes) -> str:
    """The path of an object below the root of the service."""
    ds = dcmread(io.BytesIO(file), stop_before_pixels=True)
    return f"/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}/instances/{ds.SOPInstanceUID}"


def multipart(*files: bytes, closed: bool = True) -> bytes:
    """The content of a Store, for `MULTIPART`."""
    parts = b"".join(b"--b\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n" for file in files)
    return parts + (b"--b--\r\n" if closed else b"")


@dataclass(frozen=True)
class LargeObject:
    """A CT of some hundred megabytes of which only one is ever in memory."""

    study: str
    megabytes: int

    def pieces(self) -> Iterator[bytes]:
        """The file, Part 10, piece by piece; always the same bytes."""
        yield self._head()
        for number in range(self.megabytes):
            yield struct.pack("<I", number) + _noise()[4:]

    @property
    def size(self) -> int:
        return len(self._head()) + self.megabytes * 2**20

    def digest(self) -> str:
        return digest_of(self.pieces())

    def _head(self) -> bytes:
        ds = ct(self.study)
        del ds.PixelData
        ds.Rows, ds.Columns = self.megabytes * 16, 2**15
        return part10(ds) + struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, self.megabytes * 2**20)


def digest_of(pieces: Iterable[bytes]) -> str:
    hashed = hashlib.sha256()
    for piece in pieces:
        hashed.update(piece)
    return hashed.hexdigest()


@cache
def _noise() -> bytes:
    return np.random.default_rng(1).bytes(2**20)
