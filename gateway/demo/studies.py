"""The synthetic studies of the legacy PACS: two CTs and an MR of patients who never lived.

The pixels are a gradient with a disc that grows from slice to slice, so that there is something to scroll.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.demo.dataset import DataSet
from gateway.demo.part10 import part10

SIZE = 64
CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.4"

CT: DataSet = {
    "SOPClassUID": CT_IMAGE_STORAGE,
    "Modality": "CT",
    "ImageType": ("ORIGINAL", "PRIMARY", "AXIAL"),
    "KVP": "120",
    "RescaleIntercept": "-1024",
    "RescaleSlope": "1",
    "RescaleType": "HU",
}
MR: DataSet = {
    "SOPClassUID": MR_IMAGE_STORAGE,
    "Modality": "MR",
    "ImageType": ("ORIGINAL", "PRIMARY", "OTHER"),
    "ScanningSequence": "SE",
    "SequenceVariant": "NONE",
    "ScanOptions": "",
    "MRAcquisitionType": "2D",
    "RepetitionTime": "500",
    "EchoTime": "15",
    "EchoTrainLength": "1",
}
IMAGE: DataSet = {
    "SpecificCharacterSet": "ISO_IR 192",
    "Manufacturer": "pacs-gateway demo",
    "ReferringPhysicianName": "",
    "AccessionNumber": "",
    "PatientPosition": "HFS",
    "PositionReferenceIndicator": "",
    "AcquisitionNumber": "1",
    "ImageOrientationPatient": ("1", "0", "0", "0", "1", "0"),
    "PixelSpacing": ("2", "2"),
    "SliceThickness": "5",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "Rows": SIZE,
    "Columns": SIZE,
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
}


@dataclass(frozen=True, slots=True)
class Series:
    """One series: what the modality puts into each image, and how many there are."""

    description: str
    modality: DataSet
    images: int


@dataclass(frozen=True, slots=True)
class Study:
    """One study. The UIDs below it are built by appending: 2.25.101, 2.25.101.1, 2.25.101.1.1."""

    uid: str
    patient: DataSet
    date: str
    description: str
    series: tuple[Series, ...]


STUDIES = (
    Study(
        "2.25.101",
        {
            "PatientName": "DEMO^ANNA",
            "PatientID": "DEMO-1",
            "PatientBirthDate": "19700101",
            "PatientSex": "F",
        },
        "20240102",
        "CT of a disc",
        (Series("Axial", CT, 3),),
    ),
    Study(
        "2.25.102",
        {"PatientName": "DEMO^BEN", "PatientID": "DEMO-2", "PatientBirthDate": "19800202", "PatientSex": "M"},
        "20240203",
        "MR of a disc",
        (Series("T1", MR, 2), Series("T2", MR, 2)),
    ),
    Study(
        "2.25.103",
        {
            "PatientName": "DEMO^JÖRG",
            "PatientID": "DEMO-3",
            "PatientBirthDate": "19900303",
            "PatientSex": "O",
        },
        "20240304",
        "CT of a disc, name with an umlaut",
        (Series("Axial", CT, 2),),
    ),
)


def datasets(of: Iterable[Study] = STUDIES) -> Iterator[DataSet]:
    """Every instance of synthetic studies."""
    for study in of:
        for number, series in enumerate(study.series, start=1):
            for image in range(1, series.images + 1):
                yield _instance(study, series, number, image)


def files() -> list[bytes]:
    """The same, as DICOM files."""
    return [part10(dataset) for dataset in datasets()]


def _instance(study: Study, series: Series, number: int, image: int) -> DataSet:
    return {
        **IMAGE,
        **series.modality,
        **study.patient,
        "StudyInstanceUID": study.uid,
        "StudyID": study.uid.rpartition(".")[2],
        "StudyDate": study.date,
        "StudyTime": "080000",
        "StudyDescription": study.description,
        "SeriesInstanceUID": f"{study.uid}.{number}",
        "SeriesNumber": str(number),
        "SeriesDescription": series.description,
        "FrameOfReferenceUID": f"{study.uid}.0",
        "SOPInstanceUID": f"{study.uid}.{number}.{image}",
        "InstanceNumber": str(image),
        "ImagePositionPatient": ("-64", "-64", str(5 * image)),
        "PixelData": pixels(image),
    }


def pixels(image: int) -> bytes:
    """A diagonal gradient of 12 bits; the disc in its middle is inverted and grows with the image number."""
    centre, radius = SIZE // 2, 6 + 4 * image
    gradient = [(x + y) * 32 for y in range(SIZE) for x in range(SIZE)]
    inside = [(x - centre) ** 2 + (y - centre) ** 2 < radius**2 for y in range(SIZE) for x in range(SIZE)]
    return struct.pack(f"<{SIZE * SIZE}H", *(4095 - v if disc else v for v, disc in zip(gradient, inside, strict=True)))
