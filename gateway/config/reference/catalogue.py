"""What the reference lists beside keys: spellings, transactions, failures, packs."""

from gateway.config.findings import Report
from gateway.config.packs import names, parsing_pack
from gateway.config.reference.structure import keys_of, spellings_of
from gateway.config.reference.text import code, listed, table
from gateway.config.schema import SECTIONS
from gateway.config.source import Scalar
from gateway.config.steps import finished
from gateway.core.failures import MEANINGS
from gateway.dicomweb.transactions import ALIASES, TRANSACTIONS


def spellings() -> str:
    """Those that are explained once for many keys, in the order in which these come."""
    every = (spelling for _, key in keys_of(SECTIONS) for spelling in spellings_of(key.kind))
    named = {spelling.name: spelling for spelling in every if spelling.name}
    rows = (
        (f'<a id="value-{name}"></a>{name}', ", ".join(map(code, spelling.examples)), spelling.about)
        for name, spelling in named.items()
    )
    return table(("a", "is written", "and is"), rows)


def transactions() -> str:
    ids = ((code(row.id), row.name, row.section) for row in TRANSACTIONS.values())
    short = ((code(word), listed(sorted(ids), "and")) for word, ids in ALIASES.items())
    return f"{table(('id', 'transaction', 'in PS3.18'), ids)}\n\n{table(('short word', 'stands for'), short)}"


def failures() -> str:
    rows = ((code(kind.value), meaning.origin.value, meaning.sentence) for kind, meaning in MEANINGS.items())
    return table(("word", "on whose side", "what happened"), rows)


def packs() -> str:
    return table(("pack", "what it is about"), ((code(name), _why(name)) for name in names()))


def _why(name: str) -> str:
    why = finished(parsing_pack(name, Report())).get("why")
    return " ".join(why.text.split()) if isinstance(why, Scalar) else ""
