"""The survey: what is asked of an archive, in which order, and where it ends."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from gateway.core.failures import FailureKind
from gateway.probe import discovery
from gateway.probe.checks import FIND, FIND_INSTANCES, FIND_ONE, METADATA, READING, WADO_URI, Check
from gateway.probe.exchange import Answer, Ask
from gateway.probe.judgement import Judgement, judge
from gateway.probe.names import Names, made_up, others
from gateway.probe.pace import Spent
from gateway.probe.sender import Sender
from gateway.probe.specimen import Specimen
from gateway.probe.store_checks import AFTER_CUT, CUT_UPLOAD, STORE
from gateway.probe.target import Target

K = FailureKind
# Nobody is there, as opposed to somebody who misbehaves.
AWAY = frozenset(
    {
        K.DNS_ERROR, K.DNS_TIMEOUT, K.CONNECTION_REFUSED, K.CONNECTION_TIMEOUT, K.DESTINATION_IP_UNROUTABLE,
        K.DESTINATION_UNAVAILABLE, K.TLS_CERTIFICATE_ERROR, K.TLS_PROTOCOL_ERROR,
    }
)  # fmt: skip
_AWAY_FOR_GOOD = 3  # requests in a row
_MADE_UP = ("{unknown}", "{nobody}", "{malformed}")


class NobodyThere(Exception):  # noqa: N818 - the end of a survey
    """No connection came about; `kind` says how."""

    def __init__(self, kind: FailureKind) -> None:
        super().__init__(kind.value)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Exchange:
    """One check that was made. `number` is that of the study it is about, 0 for none; `again` is the answer to the same
    question with other made-up values, where it was put."""

    check: Check
    number: int
    names: Names
    ask: Ask
    answer: Answer
    judgement: Judgement
    again: Answer | None = None


@dataclass(slots=True)
class Found:
    """What a survey has brought so far. It is filled while the survey goes on, so that one that is stopped has a report."""

    exchanges: list[Exchange] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)  # check: why
    left: list[str] = field(default_factory=list)
    studies: int = 0
    ended: str = ""  # why it ended early
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants of a survey."""

    studies: int = 3
    study: str = ""
    store: bool = False
    identifiers: bool = False


class Survey:
    """One survey of one archive. `notice` hears of each exchange when it is done."""

    def __init__(
        self, sender: Sender, target: Target, wishes: Wishes, found: Found, notice: Callable[[Exchange], None]
    ) -> None:
        self._sender, self._target, self._wishes, self._found, self._notice = sender, target, wishes, found, notice
        self._specimen = Specimen()
        self._names = made_up(target, plain=wishes.identifiers).knowing(
            limit=str(wishes.studies), some=str(discovery.SMALL + 1),
            own_study=self._specimen.study, cut_study=self._specimen.cut_study,
        )  # fmt: skip
        self._studies: dict[int, Names] = {}
        self._away = 0

    async def run(self) -> None:
        try:
            await self._discover()
            await self._all(READING)
            await self._wado_uri()
            if self._wishes.store:
                await self._store()
        except Spent:
            self._found.ended = f"{self._sender.sent} requests were sent, and no more were allowed"
        except NobodyThere:
            if not any(exchange.answer.status for exchange in self._found.exchanges):
                raise
            self._found.ended = "the archive no longer takes connections"
        finally:
            self._found.requests = self._sender.sent

    async def _discover(self) -> None:
        """Studies by a search, and of each an instance."""
        wished = self._wishes.study
        names = self._names.finding(1, study=wished) if wished else self._names
        first = await self._make(FIND_ONE if wished else FIND, names, 1 if wished else 0)
        listed = list(discovery.studies(first))[: self._wishes.studies] or ([(wished, "")] if wished else [])
        for number, (uid, patient) in enumerate(listed, start=1):
            self._found.studies = number
            self._studies[number] = await self._study(number, uid, patient)

    async def _study(self, number: int, uid: str, patient: str) -> Names:
        names = discovery.of_study(self._names, number, uid, patient)
        names = discovery.with_instance(names, number, await self._make(FIND_INSTANCES, names, number))
        if not names.has(METADATA.target):
            return names
        answer = await self._make(METADATA, names, number)
        return discovery.with_pixels(names, number, answer, self._target, names.fill(METADATA.target))

    async def _all(self, checks: Iterable[Check]) -> None:
        for check in checks:
            if not await self._one(check):
                self._found.skipped[check.id] = _why_not(check, self._studies)

    async def _one(self, check: Check) -> bool:
        """Make a check, for each study where it is meant so; False where there is nothing to make it with."""
        places = self._places(check)
        for number, names in places:
            answer = await self._make(check, names, number)
            if check.id == "retrieve-instance" and (etag := answer.fields.get("ETag")):
                self._studies[number] = names.knowing(etag=etag)
        return bool(places)

    def _places(self, check: Check) -> list[tuple[int, Names]]:
        def fits(names: Names) -> bool:
            return names.has(check.target + "".join(value for _, value in check.fields)) and (
                not check.needs or names.has(f"{{{check.needs}}}")
            )

        if fits(self._names):
            return [(0, self._names)]
        places = [(number, names) for number, names in self._studies.items() if fits(names)]
        return places if check.each else places[:1]

    async def _wado_uri(self) -> None:
        """Where nobody has said that there is such a service, one request finds out."""
        first, *rest = WADO_URI
        if not (places := self._places(first)):
            self._found.skipped["wado-uri"] = "no instance was found to ask for"
            return
        (number, names), *_ = places
        ask = _ask(first, names)
        answer = await self._sender.send(ask)
        if not self._target.named and answer.status in (404, 405, 501):
            self._found.skipped["wado-uri"] = f"nothing is at {self._target.wado}; name the service with --wado"
            return
        self._note(first, number, names, ask, answer)
        await self._all(rest)

    async def _store(self) -> None:
        for check in STORE:
            for number, names in self._places(check):
                answer = await self._make(check, names, number)
                self._note_what_is_left(check, number, answer)
                if check.id == "store-mismatch" and answer.status in range(200, 300):
                    break  # it was taken, so nothing more of that kind is sent
        upload = _ask(CUT_UPLOAD, self._names, self._specimen.upload(CUT_UPLOAD.content))
        await self._sender.send(replace(upload, cut=True))
        await self._make(AFTER_CUT, self._names, 0)

    def _note_what_is_left(self, check: Check, number: int, answer: Answer) -> None:
        if check.id == "store" and answer.status < 400:
            self._found.left.append(f"one image of PROBE^PACS-GATEWAY, study {self._specimen.study}")
        if check.id == "store-mismatch" and answer.status in range(200, 300):
            where = self._studies[number].show("{study}")
            self._found.left.append(f"perhaps the same image under study {where}, where it does not belong")

    async def _make(self, check: Check, names: Names, number: int) -> Answer:
        content = self._specimen.upload(check.content) if check.content else None
        ask = _ask(check, names, content)
        answer = await self._sender.send(ask)
        self._watch(answer)
        exchange = self._note(check, number, names, ask, answer)
        if exchange.judgement.deviations and check.right and any(name in check.target for name in _MADE_UP):
            again = await self._sender.send(_ask(check, others(names), content))
            self._found.exchanges[-1] = replace(exchange, again=again)
        return answer

    def _note(self, check: Check, number: int, names: Names, ask: Ask, answer: Answer) -> Exchange:
        exchange = Exchange(check, number, names, ask, answer, judge(check, ask, answer))
        self._found.exchanges.append(exchange)
        self._notice(exchange)
        return exchange

    def _watch(self, answer: Answer) -> None:
        """Who is away is left alone."""
        self._away = self._away + 1 if answer.failure in AWAY else 0
        begun = any(exchange.answer.status for exchange in self._found.exchanges)
        if answer.failure in AWAY and (not begun or self._away >= _AWAY_FOR_GOOD):
            raise NobodyThere(answer.failure or K.DESTINATION_UNAVAILABLE)


def _ask(check: Check, names: Names, content: bytes | None = None) -> Ask:
    fields = tuple((name, names.fill(value) if "{etag}" in value else value) for name, value in check.fields)
    return Ask(check.method, names.fill(check.target), names.show(check.target), fields, content)


def _why_not(check: Check, studies: dict[int, Names]) -> str:
    if not studies:
        return "no study was found to ask for"
    if "{etag}" in "".join(value for _, value in check.fields):
        return "the archive sends no ETag"
    needs = {"pixels": "an image", "no_pixels": "an object without pixels", "small": "a small study"}
    return f"{needs.get(check.needs, 'what it asks for')} was not among the studies that were found"
