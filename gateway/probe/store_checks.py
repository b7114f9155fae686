"""The checks that write: stores of one synthetic image of ours, good and broken. Only with `--allow-store`.

Nothing is ever deleted. What may be left behind is one study of our own, and whatever an archive makes of the rest; the
report says so. The store into a study of the archive must be refused: once one was taken, no other is sent.
"""

from gateway.probe.checks import Check
from gateway.probe.contents import Kind
from gateway.probe.specimen import BOUNDARY, MULTIPART

FORM = f"multipart/form-data; boundary={BOUNDARY}"
_STORE = "PS3.18 10.5.3"
_FIELDS = (("Content-Type", MULTIPART), ("Accept", "application/dicom+json"))
_STUDIES = "{root}/studies"


def _post(
    id_: str,
    what: str,
    content: str,
    statuses: tuple[int, ...],
    *,
    target: str = _STUDIES,
    kind: Kind = Kind.ANY,
    right: int = 0,
    media: str = MULTIPART,
    each: bool = False,
) -> Check:
    fields = (("Content-Type", media), _FIELDS[1])
    return Check(id_, what, target, statuses, _STORE, fields, kind, right, "POST", each, "", content)


STORE: tuple[Check, ...] = (
    _post("store", "a store of one image of ours", "good", (200,), kind=Kind.ALL_STORED),
    _post(
        "store-one-garbage", "a store of our image and of garbage", "good and garbage", (202, 409, 400), kind=Kind.SOME_STORED
    ),
    _post("store-garbage", "a store of garbage alone", "garbage", (409, 400), right=400),
    _post("store-nothing", "a store without a part", "nothing", (400,), right=400),
    _post(
        "store-wrong-boundary", "a store whose parts are separated by another boundary", "other boundary", (400,), right=400
    ),
    _post(
        "store-wrong-type", "a store as a form", "good", (415,), media=FORM, right=415
    ),
    _post(
        "store-mismatch",
        "our image, stored into a study that it does not belong to",
        "good",
        (409, 400),
        target="{root}/studies/{study}",
        right=409,
        each=True,
    ),
    Check(
        "store-method", "PATCH on a study of our own", "{root}/studies/{own_study}", (405, 501), "RFC 9110 15.5.6",
        _FIELDS[1:], method="PATCH",
    ),
)  # fmt: skip

# An upload that breaks off has no answer to look at; what counts is that nothing of it can be found afterwards.
CUT_UPLOAD = _post("store-cut", "a store that breaks off in the middle", "cut", ())
AFTER_CUT = Check(
    "store-cut-kept", "a search for what was in an upload that broke off", "{root}/studies?StudyInstanceUID={cut_study}",
    (204, 200), _STORE, kind=Kind.NO_RESULT,
)  # fmt: skip
