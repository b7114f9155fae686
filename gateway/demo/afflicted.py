"""The studies that set the misbehaviours off, so that a search finds them as it finds any other.

A survey that knows nothing of this archive and asks for what it was told of meets every row of the table. Each trigger is a
study of its own with one small image: its PatientID is the trigger, or else its Study Instance UID.
"""

from collections.abc import Iterator

from gateway.demo import studies
from gateway.demo.misbehaviours import TABLE, Misbehaviour
from gateway.demo.part10 import part10
from gateway.demo.resource import Resource, read
from gateway.demo.studies import CT, Series, Study

FIRST = 201  # of the studies whose PatientID is what matters: 2.25.201, 2.25.202, ...
ABSENT = frozenset({"NOBODY", "2.25.404"})  # the point of these is that nobody has them


def files() -> list[bytes]:
    """One DICOM file for each trigger that is not stored yet."""
    return [part10(next(studies.datasets([study]))) for study in _studies()]


def _studies() -> Iterator[Study]:
    present = {study.uid for study in studies.STUDIES} | ABSENT
    for number, row in enumerate(TABLE, start=FIRST):
        patient, uid = _trigger(row)
        uid = uid or f"2.25.{number}"
        if uid not in present and patient not in ABSENT:
            present.add(uid)
            yield _study(uid, patient or f"DEMO-{uid.removeprefix('2.25.')}")


def _trigger(row: Misbehaviour) -> tuple[str, str]:
    """PatientID and study that the row's own request names, each empty where it names none."""
    resource = _asked(row)
    return resource.query.get("PatientID", ""), resource.study


def _asked(row: Misbehaviour) -> Resource:
    path, _, query = row.try_it.target.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return read(row.try_it.method, path, {key: value for key, _, value in pairs})


def _study(uid: str, patient: str) -> Study:
    name = f"DEMO^{patient}".replace("-", " ")
    return Study(
        uid,
        {"PatientName": name, "PatientID": patient, "PatientBirthDate": "19600101", "PatientSex": "O"},
        "20240405",
        "One image, and trouble",
        (Series("Axial", CT, 1),),
    )
