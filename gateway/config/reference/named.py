"""The spellings that many keys share: the schema and the page explain each of them once."""

from gateway.config import scalars, vocabulary
from gateway.config.reference.spelling import WORDS, Spelling, whole
from gateway.core.failures import FailureKind
from gateway.dicomweb.transactions import TRANSACTION_WORDS

SHORTEST = 0.001
NOT_EMPTY = r"[^ \t\r\n]"
IP = r"[0-9A-Fa-f.:]+(?:%[^%/]+)?"


def duration(least: float = SHORTEST, most: float = scalars.LONGEST) -> Spelling:
    low = f" of at least {scalars.show_duration(least)}" if least > SHORTEST else "" if least else ", 0s included"
    high = f" of at most {scalars.show_duration(most)}" if most != scalars.LONGEST else ""
    return Spelling(
        "a duration",
        whole(scalars.DURATION.pattern),
        within=low + high,
        examples=("500ms", "30s", "2m", "1h", "1.5s"),
        name="duration",
        about="A number and its unit: ms, s, m or h. At most a week.",
    )


def size(least: int = 0, most: int = 2**40) -> Spelling:
    return Spelling(
        "a size",
        whole(scalars.SIZE.pattern),
        within=f" from {scalars.show_size(least)} to {scalars.show_size(most)}" if least else "",
        examples=("512B", "8KiB", "4MiB", "1GiB"),
        name="size",
        about="A whole number and its unit: B, KiB (1024 bytes), MiB or GiB.",
    )


TEXT = Spelling(
    "text",
    NOT_EMPTY,
    types=WORDS,
    examples=("radiology", '"Closed: for maintenance"'),
    name="text",
    about="At least one character, and no control characters. Quotes are needed around `: ` and ` #`, and where it begins "
    "with one of ``[{*&!%@`'\"``.",
)
ID = Spelling(
    "an id",
    whole(scalars.ID.pattern),
    types=WORDS,
    examples=("pacs", "ct-archive"),
    name="id",
    about="Lower-case letters, digits and hyphens, at most 64. It is a label of metrics, so keep it short.",
)
SHARE = Spelling(
    "a share",
    whole(r"(?:100(?:\.0{1,3})?|0?[0-9]{1,2}(?:\.[0-9]{1,3})?)%"),
    examples=("20%", "0%", "2.5%"),
    name="share",
    about="From 0% to 100%, with the sign.",
)
STATUSES = Spelling(
    "a status code, a range or a class",
    whole(scalars.STATUS.pattern),
    types=("integer",),
    bounds={"minimum": 100, "maximum": 999},
    examples=("502", "502-504", "5xx"),
    name="statuses",
    about="One code, all from one to another, or all of a class.",
)
REGEX = Spelling(
    "a regular expression",
    r"[\s\S]",
    types=WORDS,
    examples=("/login", "(?i)not found", "^ERR-20[0-9]{2}"),
    name="regex",
    about="As for Python's `re`, searched anywhere in the text, case as written; `(?i)` at the beginning ignores case. "
    "At most 1000 characters, and no repetition of a repetition such as `(a+)+`.",
)
FIELD = Spelling(
    "a field name",
    whole(vocabulary.TOKEN.pattern),
    types=WORDS,
    examples=("WWW-Authenticate",),
    name="field",
    about="The name of a header field. Case does not matter.",
)
NETWORK = Spelling(
    "a network",
    whole(rf"{IP}(?:/[0-9.]+)?"),
    examples=("10.0.0.0/8", "fd00::/8", "192.0.2.7"),
    name="network",
    about="An address and the length of its prefix, or a single address.",
)
ADDRESS = Spelling(
    "an address such as `http://pacs.internal:8042`",
    whole(r"[Hh][Tt][Tt][Pp][Ss]?://[^@/]+/*"),
    examples=("http://pacs.internal:8042", "https://[fd00::2]"),
    name="address",
    about="Scheme, host and port. No path: that of each request is forwarded as it came. No user and no password.",
)
MOMENT = Spelling(
    "a moment",
    whole(r"[0-9]{4}.*(?:Z|[+-][0-9:.]+)"),
    examples=("2026-12-05T22:00:00+01:00",),
    name="moment",
    about="Date, time, and the offset of the time zone from UTC.",
)
FILE = Spelling(
    "the name of a file",
    NOT_EMPTY,
    types=WORDS,
    examples=("/run/tls/tls.crt", "log-key"),
    name="file",
    about="A relative name begins in the folder of the configuration. The file must be there.",
)
TRANSACTION = Spelling(
    "a transaction",
    values=TRANSACTION_WORDS,
    examples=("search", "studies.retrieve.frames", "studies.*"),
    name="transaction",
    about="What a client wants in terms of PS3.18: an id, a group of ids, or a short word.",
)
FAILURE = Spelling(
    "a failure",
    values=tuple(kind.value for kind in FailureKind),
    examples=(FailureKind.CONNECTION_REFUSED.value, FailureKind.BREAKER_OPEN.value),
    name="failure",
    about="What went wrong where the archive did not answer.",
)
