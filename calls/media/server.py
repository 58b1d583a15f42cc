"""The media server: requests in the vocabulary of the mediasoup client, and the clockwork behind them.

It trusts its caller (the web process, over Redis) about who is who, and nothing that came from a browser.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from calls.media.asked import name, whole
from calls.media.capabilities import router_capabilities
from calls.media.clockwork import run_clockwork
from calls.media.config import MediaConfig
from calls.media.dtls import Certificates
from calls.media.errors import BAD_REQUEST, LIMIT, NOT_FOUND, UNKNOWN_METHOD, MediaError
from calls.media.ice import UdpPort
from calls.media.parameters import producer_stream, source_of
from calls.media.producers import AudioProducer, Producer, VideoProducer
from calls.media.recorder import RecordingStore, Sink, TrackRecorder
from calls.media.room import Peer, Room
from calls.media.transport import Transport
from calls.media.video_consumers import ANY_LAYER, VideoConsumer
from calls.media.voices import Voices

logger = logging.getLogger(__name__)

LISTEN_S = 0.3
LARGEST_TILE = 16_384
Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class MediaServer:
    """One node. `start` it, give it requests by `handle`, `stop` it.

    `sink` is called on the event loop with every event (a dict with a `type`) and must not block.
    """

    def __init__(self, config: MediaConfig, sink: Sink) -> None:
        self.config = config
        self.rooms: dict[str, Room] = {}
        self._sink = sink
        self._store = RecordingStore(config.recordings_dir, sink)
        self._certificates = Certificates()
        self._port: UdpPort | None = None
        self._clock: Callable[[], float] = time.monotonic
        self._tickers: list[asyncio.Task[None]] = []
        self._goodbyes: set[asyncio.Task[None]] = set()
        voices = Voices(
            party=self._party,
            recorder=self._recorder,
            tell_for=lambda room, peer: partial(self._tell_of, room, peer),
            clock=lambda: self._clock(),
        )
        self._handlers: dict[str, Handler] = {
            **voices.handlers,
            "join": self._join,
            "leave": self._leave,
            "close-room": self._close_room,
            "create-transport": self._create_transport,
            "connect-transport": self._connect_transport,
            "restart-ice": self._restart_ice,
            "produce": self._produce,
            "close-producer": self._close_producer,
            "pause-producer": self._pause_producer,
            "resume-producer": self._resume_producer,
            "consume": self._consume,
            "close-consumer": self._close_consumer,
            "pause-consumer": self._pause_consumer,
            "resume-consumer": self._resume_consumer,
            "set-preferred-layers": self._set_preferred_layers,
            "set-consumer-size": self._set_consumer_size,
            "request-key-frame": self._request_key_frame,
            "stats": self._stats,
        }

    @property
    def port(self) -> int:
        """The UDP port that is listened on."""
        assert self._port is not None
        return self._port.number

    @property
    def peer_count(self) -> int:
        return sum(len(room.peers) for room in self.rooms.values())

    async def start(self) -> None:
        """Open the port; raises OSError where it is taken."""
        loop = asyncio.get_running_loop()
        self._clock = loop.time
        self._port = await UdpPort.open(self.config.listen_host, self.config.port)
        self._tickers = [
            loop.create_task(run_clockwork(self._present, self._tick), name="media-clockwork"),
            loop.create_task(self._listen(), name="media-speakers"),
        ]

    async def stop(self) -> None:
        """End every utterance, bring every file to the disk, say good-bye to every client."""
        for ticker in self._tickers:
            ticker.cancel()
        await asyncio.gather(*self._tickers, return_exceptions=True)
        for room in list(self.rooms.values()):
            await self._end_room(room)
        if self._goodbyes:
            await asyncio.gather(*self._goodbyes, return_exceptions=True)
        await self._store.settle()
        if self._port is not None:
            self._port.close()

    async def handle(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        """Do one request. Raises MediaError with a stable code where it is refused."""
        handler = self._handlers.get(method)
        if handler is None:
            raise MediaError(UNKNOWN_METHOD, "no such method")
        return await handler(data)

    # Rooms and peers

    async def _join(self, data: dict[str, Any]) -> dict[str, Any]:
        room_id, peer_id = name(data, "roomId"), name(data, "peerId")
        role = str(data.get("role", ""))[:32]
        old = self.rooms[room_id].peers.get(peer_id) if room_id in self.rooms else None
        if old is not None:
            await self._end_peer(self.rooms[room_id], old, tell=False)
        room = self.rooms.setdefault(room_id, Room(room_id))
        if len(room.peers) >= self.config.max_peers_per_room:
            raise MediaError(LIMIT, f"no more than {self.config.max_peers_per_room} peers in a room")
        room.peers[peer_id] = Peer(peer_id, role, record=bool(data.get("record")), now=self._clock())
        if old is None:
            self._tell("peer-joined", room, peer_id, userId=str(data.get("userId", ""))[:64])
        producers = [producer.describe() for producer in room.producers(besides=peer_id)]
        return {"rtpCapabilities": router_capabilities(), "producers": producers}

    async def _leave(self, data: dict[str, Any]) -> dict[str, Any]:
        """Done when the peer's recordings are on the disk. Leaving twice is no error."""
        room = self.rooms.get(name(data, "roomId"))
        peer = room.peers.get(name(data, "peerId")) if room is not None else None
        if room is not None and peer is not None:
            await self._end_peer(room, peer)
        await self._store.settle()
        return {}

    async def _close_room(self, data: dict[str, Any]) -> dict[str, Any]:
        """Done when the room's recordings are on the disk. Closing twice is no error."""
        room = self.rooms.get(name(data, "roomId"))
        if room is not None:
            await self._end_room(room)
        await self._store.settle()
        return {}

    # Transports

    async def _create_transport(self, data: dict[str, Any]) -> dict[str, Any]:
        room, peer = self._party(data)
        peer.check_room_for(self.config, "transports")
        assert self._port is not None
        transport = Transport(
            self._port,
            self._certificates.current(),
            self.config,
            clock=self._clock,
            on_state=lambda changed: self._transport_changed(room, peer, changed),
        )
        peer.transports[transport.id] = transport
        return transport.describe()

    async def _connect_transport(self, data: dict[str, Any]) -> dict[str, Any]:
        _, peer = self._party(data)
        peer.transport(data.get("transportId")).connect(data.get("dtlsParameters"))
        return {}

    async def _restart_ice(self, data: dict[str, Any]) -> dict[str, Any]:
        _, peer = self._party(data)
        return {"iceParameters": peer.transport(data.get("transportId")).restart_ice()}

    # Streams

    async def _produce(self, data: dict[str, Any]) -> dict[str, Any]:
        room, peer = self._party(data)
        if peer.only_listens:
            raise MediaError(BAD_REQUEST, "a listener sends nothing")
        transport = peer.transport(data.get("transportId"))
        stream = producer_stream(data.get("kind"), data.get("rtpParameters"))
        source = source_of(data.get("source"))
        peer.check_room_for(self.config, "producers")
        producer: Producer
        if stream.kind == "video":
            producer = VideoProducer(peer.id, transport, stream, source)
        else:
            record = bool(data.get("record", peer.record)) and source != "screen-audio"
            recorder = self._recorder(room, peer) if record else None
            producer = AudioProducer(peer.id, transport, stream, source, recorder)
        transport.add_producer(producer)
        told = {key: value for key, value in producer.describe().items() if key != "peerId"}
        self._tell("new-producer", room, peer.id, **told)
        return {"producerId": producer.id}

    async def _close_producer(self, data: dict[str, Any]) -> dict[str, Any]:
        room, peer = self._party(data)
        self._end_producer(room, peer.producer(data.get("producerId")))
        return {}

    async def _pause_producer(self, data: dict[str, Any]) -> dict[str, Any]:
        _, peer = self._party(data)
        producer = peer.producer(data.get("producerId"))
        if not producer.paused:
            producer.pause(self._clock())
            for consumer in producer.listeners:
                consumer.tell("producer-paused")
        return {}

    async def _resume_producer(self, data: dict[str, Any]) -> dict[str, Any]:
        _, peer = self._party(data)
        producer = peer.producer(data.get("producerId"))
        if producer.paused:
            producer.resume(self._clock())
            for consumer in producer.listeners:
                consumer.tell("producer-resumed")
        return {}

    async def _consume(self, data: dict[str, Any]) -> dict[str, Any]:
        room, peer = self._party(data)
        transport = peer.transport(data.get("transportId"))
        peer.check_room_for(self.config, "consumers")
        consumer = room.consume(
            peer,
            transport,
            data.get("producerId"),
            data.get("rtpCapabilities"),
            paused=data.get("paused") is True,
            tell=lambda event, **more: self._tell(event, room, peer.id, **more),
        )
        transport.share_out(self._clock())
        return consumer.describe()

    async def _close_consumer(self, data: dict[str, Any]) -> dict[str, Any]:
        _, peer = self._party(data)
        peer.consumer(data.get("consumerId")).close()
        return {}

    async def _pause_consumer(self, data: dict[str, Any]) -> dict[str, Any]:
        _, peer = self._party(data)
        peer.consumer(data.get("consumerId")).pause()
        return {}

    async def _resume_consumer(self, data: dict[str, Any]) -> dict[str, Any]:
        _, peer = self._party(data)
        consumer = peer.consumer(data.get("consumerId"))
        if consumer.paused:
            consumer.resume(self._clock())
            consumer.transport.share_out(self._clock())
        return {}

    async def _set_preferred_layers(self, data: dict[str, Any]) -> dict[str, Any]:
        consumer = self._picture(data)
        temporal = data.get("temporalLayer")
        consumer.preferred = whole(data.get("spatialLayer"), "spatialLayer", ANY_LAYER)
        consumer.preferred_temporal = (
            ANY_LAYER if temporal is None else whole(temporal, "temporalLayer", ANY_LAYER)
        )
        consumer.transport.share_out(self._clock())
        return {}

    async def _set_consumer_size(self, data: dict[str, Any]) -> dict[str, Any]:
        consumer = self._picture(data)
        width, height = (whole(data.get(side), side, LARGEST_TILE) for side in ("width", "height"))
        consumer.tile = (width, height)
        consumer.transport.share_out(self._clock())
        return {}

    async def _request_key_frame(self, data: dict[str, Any]) -> dict[str, Any]:
        self._picture(data).want_key_frame(self._clock())
        return {}

    async def _stats(self, data: dict[str, Any]) -> dict[str, Any]:
        now = self._clock()
        if data.get("roomId") is None:
            return {"rooms": [room.stats(now) for room in self.rooms.values()]}
        return {"rooms": [self._room(data).stats(now)]}

    # Behind the requests

    def _room(self, data: dict[str, Any]) -> Room:
        room = self.rooms.get(name(data, "roomId"))
        if room is None:
            raise MediaError(NOT_FOUND, "no such room")
        return room

    def _party(self, data: dict[str, Any]) -> tuple[Room, Peer]:
        room = self._room(data)
        return room, room.peer(name(data, "peerId"))

    def _picture(self, data: dict[str, Any]) -> VideoConsumer:
        _, peer = self._party(data)
        consumer = peer.consumer(data.get("consumerId"))
        if not isinstance(consumer, VideoConsumer):
            raise MediaError(BAD_REQUEST, "only pictures have layers")
        return consumer

    def _recorder(self, room: Room, peer: Peer) -> TrackRecorder:
        return TrackRecorder(
            self._store,
            room_id=room.id,
            peer_id=peer.id,
            max_segment_ms=self.config.max_segment_ms,
            unix_s=time.time,
        )

    def _end_producer(self, room: Room, producer: Producer) -> None:
        producer.close(self._clock())
        self._tell("producer-closed", room, producer.peer_id, producerId=producer.id, kind=producer.kind)

    async def _end_peer(self, room: Room, peer: Peer, *, tell: bool = True) -> None:
        """`tell` is False where the same peer joins again at once: for the others it never left."""
        if room.peers.get(peer.id) is not peer:
            return
        del room.peers[peer.id]
        for producer in list(peer.producers.values()):
            self._end_producer(room, producer)
        if tell:
            self._tell("peer-left", room, peer.id)
        if not room.peers:
            self.rooms.pop(room.id, None)
            self._store.forget_room(room.id)
        await peer.close()

    async def _end_room(self, room: Room) -> None:
        for peer in list(room.peers.values()):
            await self._end_peer(room, peer)

    def _transport_changed(self, room: Room, peer: Peer, transport: Transport) -> None:
        self._tell("transport-state", room, peer.id, transportId=transport.id, state=transport.state)
        if transport.state in ("failed", "closed") and peer.transports.get(transport.id) is transport:
            # Called from within the transport's own task, which the good-bye has to wait for.
            self._later(self._drop_transport(room, peer, transport), "drop-transport")

    async def _drop_transport(self, room: Room, peer: Peer, transport: Transport) -> None:
        if peer.transports.pop(transport.id, None) is None:
            return
        for producer in list(transport.producers.values()):
            self._end_producer(room, producer)
        await transport.close()

    def _later(self, work: Any, name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._goodbyes.add(task)
        task.add_done_callback(self._goodbyes.discard)

    def _present(self) -> list[tuple[Room, Peer]]:
        return [(room, peer) for room in self.rooms.values() for peer in room.peers.values()]

    def _tick(self, room: Room, peer: Peer, reports: bool) -> None:
        now = self._clock()
        for transport in list(peer.transports.values()):
            transport.watch(now)
            transport.share_out(now)
            if reports:
                transport.send_reports(now)
        for producer in peer.producers.values():
            producer.tick(now)
        if room.is_deserted(peer, now, self.config.idle_close_s):
            self._later(self._end_peer(room, peer), "drop-peer")

    async def _listen(self) -> None:
        """Tell of every change of the speaker, at most once in LISTEN_S for each room; and what senders wait for."""
        while True:
            await asyncio.sleep(LISTEN_S)
            now = self._clock()
            for room in list(self.rooms.values()):
                changed = room.speaker_changed()
                if changed is not None:
                    self._tell("active-speaker", room, changed[0], level=changed[1])
                for peer in room.peers.values():
                    for transport in peer.transports.values():
                        transport.tell_arrivals(now)

    def _tell_of(self, room: Room, peer: Peer, event: str, **more: Any) -> None:
        self._tell(event, room, peer.id, **more)

    def _tell(self, event: str, room: Room, peer_id: str, **more: Any) -> None:
        self._sink({"type": event, "roomId": room.id, "peerId": peer_id, **more})
