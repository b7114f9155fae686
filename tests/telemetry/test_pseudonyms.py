"""What the log may call a study: nothing, a keyed hash, or its UID."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.settings import LoggingSettings, Secret
from gateway.telemetry.pseudonyms import LENGTH, Names, naming

INSTANCE = "/studies/2.25.7/series/2.25.8/instances/2.25.9"
STUDY_ONLY = "/studies/2.25.7"
EMPTY = {"study": "", "series": "", "instance": ""}


def hashed(target: str, key: bytes | None = b"sixteen bytes...") -> Names:
    secret = None if key is None else Secret(Path("log.key"), key)
    return naming(LoggingSettings(identifiers="hash", identifier_key_file=secret))(target)


def test_by_default_nothing_is_told() -> None:
    assert naming(LoggingSettings())(INSTANCE) == {}


def test_kept_identifiers_are_the_uids() -> None:
    names = naming(LoggingSettings(identifiers="keep"))(INSTANCE)
    assert names == {"study": "2.25.7", "series": "2.25.8", "instance": "2.25.9"}


def test_a_study_has_the_same_hash_in_each_request_for_it() -> None:
    by_path, by_query = (
        hashed(INSTANCE),
        hashed("/wado?requestType=WADO&studyUID=2.25.7&seriesUID=2.25.8&objectUID=2.25.9"),
    )
    assert by_path == by_query
    assert hashed(STUDY_ONLY) == {**EMPTY, "study": by_path["study"]}
    assert len({*by_path.values()}) == 3


def test_a_hash_is_sixteen_hexadecimal_digits_of_a_known_function() -> None:
    """An operator who holds the key can find the line of a given study: HMAC-SHA-256, as `openssl dgst -hmac` makes it."""
    assert hashed(STUDY_ONLY)["study"] == "a196455867ce359c"


def test_the_same_key_gives_the_same_hashes_and_another_key_others() -> None:
    assert hashed(STUDY_ONLY) == hashed(STUDY_ONLY)
    assert hashed(STUDY_ONLY) != hashed(STUDY_ONLY, b"sixteen others..")


def test_without_a_key_two_processes_cannot_be_compared() -> None:
    assert hashed(STUDY_ONLY, None) != hashed(STUDY_ONLY, None)
    name = naming(LoggingSettings(identifiers="hash"))
    assert name(STUDY_ONLY) == name(STUDY_ONLY)


def test_a_hash_is_not_the_plain_one_that_a_list_of_uids_would_undo() -> None:
    assert hashed(STUDY_ONLY)["study"] != hashlib.sha256(b"2.25.7").hexdigest()[:LENGTH]


@pytest.mark.parametrize("identifiers", ["hash", "keep"])
@given(target=st.text() | st.from_regex(r"/studies/[^/]*\?PatientName=.*"))
def test_what_is_not_written_like_a_uid_is_never_told(identifiers: str, target: str) -> None:
    names = naming(LoggingSettings(identifiers="keep" if identifiers == "keep" else "hash"))(target)
    alphabet = set("0123456789.") if identifiers == "keep" else set("0123456789abcdef")
    assert list(names) == list(EMPTY)
    assert all(set(name) <= alphabet for name in names.values())


def test_a_name_in_the_place_of_a_uid_has_no_hash() -> None:
    """The hash of a name could be guessed back by whoever holds the key: there are not many names."""
    assert hashed("/studies/DOE^JOHN/series/19600101?PatientName=DOE") == EMPTY


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(Path("log.key"), b"s3cr3t of the house")
    assert "s3cr3t" not in repr(secret) + repr(LoggingSettings(identifier_key_file=secret))
