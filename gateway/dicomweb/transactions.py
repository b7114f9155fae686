"""Every DICOMweb transaction, and the words an operator may write for them.

The facts are rows of PS3.18 (2024e, and chapters 14 and 15 of 2025d) in the modules beside this one; this
module only joins them and gives them names. A word is an id (`studies.store`), an alias (`search`) or a
prefix with dot-star (`studies.*`). It never says which request is which: `classify` does.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.dicomweb._common import COMMON
from gateway.dicomweb._npi import NPI
from gateway.dicomweb._retrieve import RETRIEVE
from gateway.dicomweb._steps import STEPS
from gateway.dicomweb._studies import STUDIES
from gateway.dicomweb._transaction import Template, Transaction
from gateway.dicomweb._uri import URI
from gateway.dicomweb._worklist import WORKLIST

__all__ = ["ALIASES", "TRANSACTIONS", "TRANSACTION_WORDS", "Template", "Transaction", "transaction_ids"]

TRANSACTIONS: Mapping[str, Transaction] = MappingProxyType(
    {row.id: row for table in (COMMON, URI, RETRIEVE, STUDIES, WORKLIST, NPI, STEPS) for row in table}
)

# Services that an operator knows by name; `studies` and the like cover more than one family.
_SERVICES: tuple[str, ...] = ("uri", "studies", "worklist", "npi", "mwl", "mpps", "ws")

# Single resources of Retrieve, by the word that ends their path.
_RESOURCES: Mapping[str, str] = {
    "metadata": "studies.retrieve.metadata",
    "frames": "studies.retrieve.frames",
    "rendered": "studies.retrieve.rendered",
    "thumbnail": "studies.retrieve.thumbnail",
    "bulkdata": "studies.retrieve.bulkdata",
}


def _prefixes(id_: str) -> list[str]:
    """`studies.retrieve.dicom` -> `studies`, `studies.retrieve`."""
    parts = id_.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]


def _below(prefix: str) -> frozenset[str]:
    return frozenset(id_ for id_ in TRANSACTIONS if id_.startswith(prefix + "."))


def _families() -> dict[str, frozenset[str]]:
    families = {row.family for row in TRANSACTIONS.values()}
    return {
        family: frozenset(id_ for id_, row in TRANSACTIONS.items() if row.family == family)
        for family in sorted(families)
    }


# A service covers its family where both have the same word: `worklist` includes its search.
ALIASES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **_families(),
        **{service: _below(service) for service in _SERVICES},
        **{word: frozenset({id_}) for word, id_ in _RESOURCES.items()},
    }
)

_PREFIXES: Mapping[str, frozenset[str]] = {
    f"{prefix}.*": _below(prefix) for id_ in TRANSACTIONS for prefix in _prefixes(id_)
}

_WORDS: Mapping[str, frozenset[str]] = {
    **_PREFIXES,
    **ALIASES,
    **{id_: frozenset({id_}) for id_ in TRANSACTIONS},
}

TRANSACTION_WORDS: tuple[str, ...] = tuple(sorted(_WORDS))


def transaction_ids(word: str) -> frozenset[str]:
    """The ids a word stands for; KeyError for a word that is none."""
    return _WORDS[word]
