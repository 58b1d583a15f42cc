"""Rooms and the peers in them: who owns which transports and streams, and within which limits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, TypeVar

from calls.media.config import MediaConfig
from calls.media.consumers import AudioConsumer, Consumer, Tell
from calls.media.errors import LIMIT, NOT_FOUND, UNSUPPORTED, MediaError
from calls.media.parameters import can_consume, takes_retransmissions
from calls.media.producers import AudioProducer, Producer, VideoProducer
from calls.media.speaking import Speakers
from calls.media.transport import Transport
from calls.media.video_consumers import VideoConsumer
from calls.media.voice import Voice

Thing = TypeVar("Thing")
SILENT = 127


class Peer:
    """One party of a room. Everything of it is looked up here, so that no party reaches what is another's."""

    def __init__(self, peer_id: str, role: str, *, record: bool, now: float) -> None:
        self.id = peer_id
        self.role = role
        self.record = record
        self.joined = now
        self.transports: dict[str, Transport] = {}
        self.voice: Voice | None = None
        """Of a party without WebRTC: the assistant."""

    @property
    def only_listens(self) -> bool:
        """A supervisor: whatever the page asks for, nothing of theirs is heard."""
        return self.role == "supervisor"

    @property
    def producers(self) -> dict[str, Producer]:
        own = {one.id: one for transport in self.transports.values() for one in transport.producers.values()}
        return own if self.voice is None else own | {self.voice.producer.id: self.voice.producer}

    @property
    def consumers(self) -> dict[str, Consumer]:
        return {one.id: one for transport in self.transports.values() for one in transport.consumers.values()}

    def transport(self, transport_id: object) -> Transport:
        return _find(self.transports, transport_id, "transport")

    def producer(self, producer_id: object) -> Producer:
        return _find(self.producers, producer_id, "producer")

    def consumer(self, consumer_id: object) -> Consumer:
        return _find(self.consumers, consumer_id, "consumer")

    def check_room_for(self, config: MediaConfig, what: str) -> None:
        """Raises MediaError when one more of `what` would be too many."""
        limits = {
            "transports": (len(self.transports), config.max_transports_per_peer),
            "producers": (len(self.producers), config.max_producers_per_peer),
            "consumers": (len(self.consumers), config.max_consumers_per_peer),
        }
        count, limit = limits[what]
        if count >= limit:
            raise MediaError(LIMIT, f"no more than {limit} {what} for one peer")

    def is_gone(self, now: float, idle_close_s: float) -> bool:
        """Nothing was heard of it for so long that nobody will say good-bye for it."""
        if now - self.joined < idle_close_s:
            return False
        return all(transport.silent_for(now) >= idle_close_s for transport in self.transports.values())

    async def close(self) -> None:
        transports = list(self.transports.values())
        self.transports.clear()
        if self.voice is not None:
            await self.voice.close()
        await asyncio.gather(*(transport.close() for transport in transports))

    def stats(self, now: float) -> dict[str, Any]:
        return {
            "peerId": self.id,
            "role": self.role,
            "transports": [transport.stats(now) for transport in self.transports.values()],
            "producers": [producer.stats() for producer in self.producers.values()],
            "consumers": [consumer.stats() for consumer in self.consumers.values()],
        }


class Room:
    def __init__(self, room_id: str) -> None:
        self.id = room_id
        self.peers: dict[str, Peer] = {}
        self.speakers = Speakers()

    def speaker_changed(self) -> tuple[str, int] | None:
        """Who speaks now and how loud (in dBov), where that is somebody else than at the last call."""
        loudest: dict[str, int | None] = {}
        for producer in self.producers():
            if isinstance(producer, AudioProducer) and producer.source != "screen-audio":
                taken = producer.take_loudest()
                level = None if producer.paused else taken
                known = loudest.get(producer.peer_id)
                loudest[producer.peer_id] = (
                    known if level is None else min(level, SILENT if known is None else known)
                )
        peer = self.speakers.decide(loudest)
        return None if peer is None else (peer, -self.speakers.level(peer))

    def is_deserted(self, peer: Peer, now: float, idle_close_s: float) -> bool:
        """A client that is gone; a voice without clients is there for as long as there is somebody to hear it."""
        if peer.voice is None or not peer.is_gone(now, idle_close_s):
            return peer.is_gone(now, idle_close_s)
        return all(other.voice is not None for other in self.peers.values())

    def peer(self, peer_id: object) -> Peer:
        return _find(self.peers, peer_id, "peer")

    def producers(self, *, besides: str | None = None) -> Iterable[Producer]:
        for peer in self.peers.values():
            if peer.id != besides:
                yield from peer.producers.values()

    def consume(
        self,
        peer: Peer,
        transport: Transport,
        producer_id: object,
        capabilities: object,
        *,
        paused: bool,
        tell: Tell,
    ) -> Consumer:
        """Let a peer receive a producer of this room."""
        producer = _find({one.id: one for one in self.producers()}, producer_id, "producer")
        if not can_consume(producer.stream, capabilities):
            raise MediaError(UNSUPPORTED, "the client cannot play this stream")
        consumer: Consumer
        if isinstance(producer, VideoProducer):
            again = takes_retransmissions(producer.stream, capabilities)
            consumer = VideoConsumer(peer.id, transport, producer, tell, paused=paused, retransmissions=again)
        else:
            assert isinstance(producer, AudioProducer)
            consumer = AudioConsumer(peer.id, transport, producer, tell, paused=paused)
        transport.add_consumer(consumer)
        return consumer

    def stats(self, now: float) -> dict[str, Any]:
        return {"roomId": self.id, "peers": [peer.stats(now) for peer in self.peers.values()]}


def _find(things: dict[str, Thing], name: object, what: str) -> Thing:
    thing = things.get(name) if isinstance(name, str) else None
    if thing is None:
        raise MediaError(NOT_FOUND, f"no such {what}")
    return thing
