"""The files of the legacy PACS, judged by pydicom: what it writes is DICOM, and what pydicom writes it can read."""

import io
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import config, dcmread, dcmwrite
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from gateway.demo import studies
from gateway.demo.dataset import DataSet, dicom_json, text
from gateway.demo.part10 import UnreadableError, part10, read

DATASETS = list(studies.datasets())
FILES = studies.files()
PAIRS = list(zip(DATASETS, FILES, strict=True))
NAMES = [text(dataset, "SOPInstanceUID") for dataset in DATASETS]


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """pydicom refuses values that break their VR instead of warning."""
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.RAISE)


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(("dataset", "content"), PAIRS, ids=NAMES)
def test_pydicom_reads_every_instance(dataset: DataSet, content: bytes) -> None:
    found = dcmread(io.BytesIO(content))
    found.walk(lambda parent, element: element.value)
    assert found.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID == dataset["SOPInstanceUID"]
    assert str(found.PatientName) == dataset["PatientName"]
    assert found.pixel_array.shape == (64, 64)
    assert found.pixel_array.max() < 2**found.BitsStored


@pytest.mark.parametrize(("dataset", "content"), PAIRS, ids=NAMES)
def test_dicom_json_is_what_pydicom_makes_of_the_file(dataset: DataSet, content: bytes) -> None:
    expected = dcmread(io.BytesIO(content)).to_json_dict(1, lambda element: f"/bulk/{element.tag:08X}")
    assert dicom_json(dataset, {"PixelData": "/bulk/7FE00010"}) == expected


@pytest.mark.parametrize(("dataset", "content"), PAIRS, ids=NAMES)
def test_what_was_written_is_read_again(dataset: DataSet, content: bytes) -> None:
    found = read(content)
    assert {keyword: found[keyword] for keyword in dataset} == dataset


def test_the_uids_of_the_instances_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES) == 9


def _nested(syntax: str) -> bytes:
    """Sequences of undefined length, one inside the other, before the elements that count."""
    inner, outer = Dataset(), Dataset()
    inner.CodeValue = "121311"
    outer.PurposeOfReferenceCodeSequence = Sequence([inner, Dataset()])
    outer.ReferencedSOPInstanceUID = "2.25.9"
    dataset = Dataset()
    dataset.ReferencedImageSequence = Sequence([outer])
    for element in (dataset["ReferencedImageSequence"], outer["PurposeOfReferenceCodeSequence"]):
        element.is_undefined_length = True
    for item in (inner, outer):
        item.is_undefined_length_sequence_item = True
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "2.25.300.1.1"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "2.25.300", "2.25.300.1"
    dataset.PatientName, dataset.Rows = "DEMO^NESTED", 7
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    out = io.BytesIO()
    dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_nested_sequences_of_undefined_length_are_stepped_over(syntax: str) -> None:
    found = read(_nested(syntax))
    assert found["StudyInstanceUID"] == "2.25.300"
    assert found["PatientName"] == "DEMO^NESTED"
    assert found["Rows"] == 7
    assert "ReferencedSOPInstanceUID" not in found


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "MR_small_implicit.dcm"]
)
def test_files_of_real_modalities_are_read(name: str) -> None:
    path = get_testdata_file(name, download=False)
    expected, found = dcmread(path), read(Path(path).read_bytes())
    assert found["SOPInstanceUID"] == expected.SOPInstanceUID
    assert found["PatientID"] == expected.PatientID
    assert found["Rows"] == expected.Rows
    compressed = expected.file_meta.TransferSyntaxUID.is_compressed
    assert found.get("PixelData") == (None if compressed else expected.PixelData)


@pytest.mark.parametrize("name", ["image_dfl.dcm", "MR_small_bigendian.dcm"])
def test_transfer_syntaxes_that_it_does_not_know_are_refused(name: str) -> None:
    path = get_testdata_file(name, download=False)
    with pytest.raises(UnreadableError, match="transfer syntax"):
        read(Path(path).read_bytes())


@pytest.mark.parametrize(
    "content",
    [b"", b"garbage", bytes(128) + b"DIC", FILES[0][:-1], FILES[0][:140], bytes(128) + b"DICM" + b"\xff" * 64],
)
def test_what_is_not_a_whole_file_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(content)


@pytest.mark.parametrize("number", ["x", "1_0", "nan", "1e999", "1.5.2", "\x001", "9" * 400])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    with pytest.raises(UnreadableError, match="DS is not a number"):
        read(part10({**DATASETS[0], "SliceThickness": number}))


@pytest.mark.parametrize(("number", "shown"), [(" 1.5", 1.5), ("+1E-2", 0.01), (".5", 0.5), ("-3.", -3.0)])
def test_every_way_to_write_a_number_is_read(number: str, shown: float) -> None:
    assert dicom_json(read(part10({**DATASETS[0], "SliceThickness": number})))["00180050"]["Value"] == [shown]


def test_a_bottomless_sequence_is_refused() -> None:
    sequence = b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff"
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    with pytest.raises(UnreadableError):
        read(bytes(128) + b"DICM" + (sequence + item) * 5000)


@given(st.binary(max_size=200), st.integers(0, len(FILES[0])))
def test_damage_is_refused_or_survived_but_never_an_accident(damage: bytes, place: int) -> None:
    content = FILES[0][:place] + damage + FILES[0][place + len(damage) :]
    try:
        found = read(content)
    except UnreadableError:
        return
    dicom_json(found)


def test_odd_values_are_padded_as_their_vr_wants() -> None:
    content = part10({**DATASETS[0], "PatientID": "ODD", "SOPInstanceUID": "2.25.7"})
    assert b"LO\x04\x00ODD " in content
    assert b"UI\x06\x002.25.7" in content
    assert b"UI\x08\x002.25.77\x00" in part10({**DATASETS[0], "SOPInstanceUID": "2.25.77"})
