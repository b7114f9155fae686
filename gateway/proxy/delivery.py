"""The reply on its way to the client: the head, and then the content to its end, or cut so that the client can tell."""

from gateway.core.facts import RequestFacts
from gateway.core.failures import FailureKind
from gateway.core.reply import Reply
from gateway.dicomweb.statuses import FORBIDS_CONTENT
from gateway.proxy.downstream import PIECE, Client
from gateway.proxy.faults import DownstreamFault, UpstreamFault
from gateway.proxy.hearing import Heard, announced
from gateway.proxy.tally import Tally
from gateway.proxy.tunnel import Tunnels
from gateway.proxy.upstream import Answer


async def deliver(reply: Reply, heard: Heard, client: Client, tally: Tally) -> None:
    """Send the reply. The content is ours, or the archive's byte for byte to its end, or cut so that the client can tell."""
    answer = heard.answer
    if reply.content is not None or answer is None:
        content = reply.content or b""
        if answer is not None:
            answer.reusable = answer.reusable and answer.ended
        client.start(reply, len(content), content)
        client.finish()
        return
    client.start(reply, announced(answer, reply.status), answer.held[:PIECE])
    if reply.status in FORBIDS_CONTENT:
        return
    try:
        await relay(answer, client)
    except UpstreamFault as fault:
        tally.ended, tally.fault = "truncated", fault.failure.kind.value
        answer.reusable = False
        client.abort()


async def relay(answer: Answer, client: Client) -> None:
    """Piece by piece, at the pace of the slower side."""
    if answer.held:
        await client.send(answer.held[PIECE:])
    while not answer.ended:
        if client.takes_all_of(answer.left):
            poured = await answer.pour(client.protocol, client.patience)
            client.sent += poured.sent
            if poured.client is not None:
                raise DownstreamFault(poured.client)
            if poured.archive is not None:
                raise UpstreamFault(poured.archive)
            break
        piece = await answer.read()
        if piece:
            await client.send(piece)
    if not client.finish():
        raise UpstreamFault(FailureKind.HTTP_RESPONSE_INCOMPLETE)


async def tunnel(
    reply: Reply, heard: Heard, facts: RequestFacts, client: Client, tunnels: Tunnels, idle: float, tally: Tally
) -> None:
    """Send the 101, and from there on bytes both ways, until either side has had enough."""
    assert heard.answer is not None
    client.start(reply, None)
    try:
        tally.ended = await tunnels.through(client, heard.answer, facts.upstream, idle)
    except UpstreamFault as fault:
        tally.ended, tally.fault = "truncated", fault.failure.kind.value
        client.abort()
