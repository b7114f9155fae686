"""The attributes that the legacy PACS knows, and their DICOM JSON (PS3.18 Annex F).

A data set is a mapping from keyword to value: text as `str` (several values as a tuple), US and UL as `int`,
pixels as `bytes`, sequences as a tuple of data sets. IS and DS stay text, as they are in a file. Nothing here
reads or writes bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

Value: TypeAlias = "str | int | bytes | tuple[str, ...] | tuple[Mapping[str, Value], ...]"
DataSet: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Element:
    """One row of the data dictionary (PS3.6)."""

    keyword: str
    tag: int
    vr: str


ROWS = """
    FileMetaInformationGroupLength       00020000 UL
    FileMetaInformationVersion           00020001 OB
    MediaStorageSOPClassUID              00020002 UI
    MediaStorageSOPInstanceUID           00020003 UI
    TransferSyntaxUID                    00020010 UI
    ImplementationClassUID               00020012 UI
    ImplementationVersionName            00020013 SH
    SpecificCharacterSet                 00080005 CS
    ImageType                            00080008 CS
    SOPClassUID                          00080016 UI
    SOPInstanceUID                       00080018 UI
    StudyDate                            00080020 DA
    StudyTime                            00080030 TM
    AccessionNumber                      00080050 SH
    Modality                             00080060 CS
    ModalitiesInStudy                    00080061 CS
    Manufacturer                         00080070 LO
    ReferringPhysicianName               00080090 PN
    StudyDescription                     00081030 LO
    SeriesDescription                    0008103E LO
    ReferencedSOPClassUID                00081150 UI
    ReferencedSOPInstanceUID             00081155 UI
    RetrieveURL                          00081190 UR
    FailureReason                        00081197 US
    FailedSOPSequence                    00081198 SQ
    ReferencedSOPSequence                00081199 SQ
    OtherFailuresSequence                0008119A SQ
    PatientName                          00100010 PN
    PatientID                            00100020 LO
    PatientBirthDate                     00100030 DA
    PatientSex                           00100040 CS
    BodyPartExamined                     00180015 CS
    ScanningSequence                     00180020 CS
    SequenceVariant                      00180021 CS
    ScanOptions                          00180022 CS
    MRAcquisitionType                    00180023 CS
    SliceThickness                       00180050 DS
    KVP                                  00180060 DS
    RepetitionTime                       00180080 DS
    EchoTime                             00180081 DS
    EchoTrainLength                      00180091 IS
    PatientPosition                      00185100 CS
    StudyInstanceUID                     0020000D UI
    SeriesInstanceUID                    0020000E UI
    StudyID                              00200010 SH
    SeriesNumber                         00200011 IS
    AcquisitionNumber                    00200012 IS
    InstanceNumber                       00200013 IS
    ImagePositionPatient                 00200032 DS
    ImageOrientationPatient              00200037 DS
    FrameOfReferenceUID                  00200052 UI
    PositionReferenceIndicator           00201040 LO
    NumberOfStudyRelatedSeries           00201206 IS
    NumberOfStudyRelatedInstances        00201208 IS
    NumberOfSeriesRelatedInstances       00201209 IS
    SamplesPerPixel                      00280002 US
    PhotometricInterpretation            00280004 CS
    NumberOfFrames                       00280008 IS
    Rows                                 00280010 US
    Columns                              00280011 US
    PixelSpacing                         00280030 DS
    BitsAllocated                        00280100 US
    BitsStored                           00280101 US
    HighBit                              00280102 US
    PixelRepresentation                  00280103 US
    WindowCenter                         00281050 DS
    WindowWidth                          00281051 DS
    RescaleIntercept                     00281052 DS
    RescaleSlope                         00281053 DS
    RescaleType                          00281054 LO
    PixelData                            7FE00010 OW
"""

_ELEMENTS = [Element(word, int(tag, 16), vr) for word, tag, vr in map(str.split, ROWS.strip().splitlines())]
ELEMENTS: Mapping[str, Element] = MappingProxyType({element.keyword: element for element in _ELEMENTS})
BY_TAG: Mapping[int, Element] = MappingProxyType({element.tag: element for element in _ELEMENTS})

FIRST_TAG = 0x00080000  # what lies below is File Meta Information and never part of a DICOM JSON object


def ordered(dataset: DataSet) -> list[Element]:
    """The elements of a data set by tag: the order of a file, and of DICOM JSON by habit."""
    return sorted((ELEMENTS[keyword] for keyword in dataset), key=lambda element: element.tag)


def text(dataset: DataSet, keyword: str) -> str:
    """The first value as text, empty if there is none."""
    value = dataset.get(keyword, "")
    first = (value or ("",))[0] if isinstance(value, tuple) else value
    return first if isinstance(first, str) else ""


def number(dataset: DataSet, keyword: str) -> int:
    """A US value, 0 if there is none."""
    value = dataset.get(keyword, 0)
    return value if isinstance(value, int) else 0


def dicom_json(dataset: DataSet, bulk: Mapping[str, str] = MappingProxyType({})) -> dict[str, object]:
    """A data set in the DICOM JSON Model. `bulk` maps keywords to the URI of their bytes."""
    elements = [element for element in ordered(dataset) if element.tag >= FIRST_TAG]
    return {f"{element.tag:08X}": _member(element, dataset[element.keyword], bulk) for element in elements}


def _member(element: Element, value: Value, bulk: Mapping[str, str]) -> dict[str, object]:
    if element.keyword in bulk:
        return {"vr": element.vr, "BulkDataURI": bulk[element.keyword]}
    values = value if isinstance(value, tuple) else (value,)
    shown = [_json_value(element.vr, single) for single in values if single != "" and not isinstance(single, bytes)]
    return {"vr": element.vr, "Value": shown} if shown else {"vr": element.vr}


def _json_value(vr: str, value: object) -> object:
    match vr, value:
        case "PN", str(name):
            return {"Alphabetic": name}
        case "IS", str(digits):
            return int(digits)
        case "DS", str(decimal):
            return float(decimal)
        case "SQ", Mapping():
            return dicom_json(value)
        case _:
            return value
