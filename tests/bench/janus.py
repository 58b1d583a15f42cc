"""Janus on loopback as a peer of the benchmarks: started with a configuration of its own, spoken to over HTTP, and clients that
do ICE, DTLS and SRTP in earnest but have their packets ready-made, as those of bench_sfu.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import socket
import struct
import subprocess
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

from aioice import stun

from calls.simulation.controlling_ice import ControllingIce
from calls.simulation.sfu_device import PAYLOAD_TYPE, Leg, _remote_parameters
from config.supervisor.options import free_port

HERTZ = os.sysconf("SC_CLK_TCK")
PATIENCE_S = 20
NOBODY = {
    "id": "janus",
    "iceParameters": {"usernameFragment": "", "password": ""},
    "iceCandidates": [{"ip": "127.0.0.1", "port": 9}],
    "dtlsParameters": {"fingerprints": []},
}
"""Janus says who it is only when it answers; until then the leg is for nobody."""


def own_address() -> str:
    """An address of this machine that is not loopback, which Janus passes over."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


class FullIce(ControllingIce):
    """Towards a server that is not ICE-lite: it checks us too, and so must know where we are and be answered."""

    def __init__(self, ice_parameters: dict[str, Any], candidate: dict[str, Any]) -> None:
        super().__init__(ice_parameters, candidate)
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(12)
        self._tie_breaker = 2**64 - 1
        """Who offers wants to control, and towards subscribers that is Janus: where both want to, the larger number does."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def bind(self) -> tuple[str, int]:
        """Gives the address for the candidate. Checks that come before the answer wait in the kernel."""
        self._socket.bind((own_address(), 0))
        return cast(tuple[str, int], self._socket.getsockname())

    def towards(self, ufrag: str, password: str, address: tuple[str, int]) -> None:
        self._username, self._password = f"{ufrag}:{self.ufrag}", password
        self._socket.connect(address)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if data[0] < 4 and not data[0] & 1:
            self._answer_check(data, addr)
        else:
            super().datagram_received(data, addr)

    async def _open_socket(self) -> None:
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=self._socket)

    def _answer_check(self, data: bytes, addr: Any) -> None:
        asked = stun.parse_message(data)
        if asked.message_class != stun.Class.REQUEST or self._transport is None:
            return
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, asked.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = addr or self._socket.getpeername()
        answer.add_message_integrity(self.password.encode())
        self._transport.sendto(bytes(answer))


class Janus:
    """The gateway's HTTP interface: one session, many handles."""

    def __init__(self, port: int, pid: int) -> None:
        self.pid = pid
        self._url = f"http://127.0.0.1:{port}/janus"
        self._session = ""
        self._events: dict[int, asyncio.Queue[dict[str, Any]]] = {}
        self._poll: asyncio.Task[None] | None = None

    async def open(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not self._session:
                with contextlib.suppress(OSError):
                    self._session = f"/{(await self._post('', {'janus': 'create'}))['data']['id']}"
                await asyncio.sleep(0.1)
        self._poll = asyncio.create_task(self._listen(), name="janus-events")

    async def close(self) -> None:
        if self._poll is not None:
            self._poll.cancel()
            await asyncio.gather(self._poll, return_exceptions=True)

    async def attach(self) -> int:
        made = await self._post(self._session, {"janus": "attach", "plugin": "janus.plugin.videoroom"})
        handle = int(made["data"]["id"])
        self._events[handle] = asyncio.Queue()
        return handle

    async def ask(
        self, handle: int, body: dict[str, Any], jsep: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The event that answers a message, or a synchronous request's answer."""
        described = {} if jsep is None else {"jsep": jsep}
        answer = await self._post(
            f"{self._session}/{handle}", {"janus": "message", "body": body, **described}
        )
        if answer["janus"] == "success":
            return answer
        async with asyncio.timeout(PATIENCE_S):
            while (event := await self._events[handle].get())["janus"] != "event":
                pass
        if "error" in event["plugindata"]["data"]:
            raise ConnectionError(event["plugindata"]["data"]["error"])
        return event

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / HERTZ

    async def _listen(self) -> None:
        while True:
            events = await asyncio.to_thread(self._fetch, f"{self._session}?maxev=10")
            for event in events if isinstance(events, list) else [events]:
                if event.get("sender") in self._events:
                    self._events[event["sender"]].put_nowait(event)

    async def _post(self, path: str, message: dict[str, Any]) -> dict[str, Any]:
        data = json.dumps({**message, "transaction": secrets.token_hex(6)}).encode()
        return cast(dict[str, Any], await asyncio.to_thread(self._fetch, path, data))

    def _fetch(self, path: str, data: bytes | None = None) -> Any:
        with urllib.request.urlopen(self._url + path, data, timeout=2 * PATIENCE_S) as answer:
            return json.loads(answer.read())


class Client:
    """One peer connection to Janus: its description is written by hand."""

    def __init__(self, janus: Janus) -> None:
        self.heard = 0
        self._janus = janus
        self._ssrc = secrets.randbits(31) + 1
        self._sequence = 0
        self._leg = Leg(NOBODY)
        self._ice = FullIce(NOBODY["iceParameters"], NOBODY["iceCandidates"][0])  # type: ignore[arg-type,index]
        self._leg.ice = self._leg.dtls._transport = self._ice  # type: ignore[assignment]

    async def publish(self, room: int) -> int:
        """Gives the feed's id."""
        handle = await self._janus.attach()
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": room}
        offer = self._description("offer", "sendonly", ["0"])
        event = await self._janus.ask(handle, body, offer)
        await self._connect(event["jsep"]["sdp"])
        return int(event["plugindata"]["data"]["id"])

    async def listen(self, room: int, feeds: list[int]) -> None:
        handle = await self._janus.attach()
        streams = [{"feed": feed} for feed in feeds]
        body = {"request": "join", "ptype": "subscriber", "room": room, "streams": streams}
        sdp = (await self._janus.ask(handle, body))["jsep"]["sdp"]
        answer = self._description("answer", "recvonly", re.findall(r"a=mid:(\S+)", sdp))
        self._ice.drop_received = self._count
        await asyncio.gather(self._janus.ask(handle, {"request": "start"}, answer), self._connect(sdp))

    async def say(self, payload: bytes) -> None:
        head = struct.pack(
            "!BBHLL", 0x80, PAYLOAD_TYPE, self._sequence & 0xFFFF, self._sequence * 960, self._ssrc
        )
        await self._ice._send(self._leg.dtls._tx_srtp.protect(head + payload))
        self._sequence += 1

    async def close(self) -> None:
        await self._leg.close()

    def _count(self, data: bytes) -> bool:
        """Sound is counted and not opened."""
        is_sound = 127 < data[0] < 192 and not 200 <= data[1] <= 207
        self.heard += is_sound
        return is_sound

    async def _connect(self, sdp: str) -> None:
        found = dict(re.findall(r"a=(ice-ufrag|ice-pwd|fingerprint):(.+?)\r?\n", sdp))
        host, port = re.findall(r"a=candidate:\S+ 1 udp \d+ (\d\S+) (\d+) typ host", sdp, re.IGNORECASE)[0]
        algorithm, value = found["fingerprint"].split()
        self._ice.towards(found["ice-ufrag"], found["ice-pwd"], (host, int(port)))
        self._leg._remote = _remote_parameters({"fingerprints": [{"algorithm": algorithm, "value": value}]})
        async with asyncio.timeout(PATIENCE_S):
            await self._leg.connect()

    def _description(self, kind: str, direction: str, mids: list[str]) -> dict[str, Any]:
        host, port = self._ice.bind()
        prints = self._leg.dtls_parameters()["fingerprints"]
        own = next(one["value"] for one in prints if one["algorithm"] == "sha-256")
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {' '.join(mids)}"]
        for mid in mids:
            lines += [
                f"m=audio 9 UDP/TLS/RTP/SAVPF {PAYLOAD_TYPE}", "c=IN IP4 0.0.0.0", f"a={direction}", f"a=mid:{mid}",
                "a=rtcp-mux", f"a=ice-ufrag:{self._ice.ufrag}", f"a=ice-pwd:{self._ice.password}", "a=setup:active",
                f"a=fingerprint:sha-256 {own}", f"a=rtpmap:{PAYLOAD_TYPE} opus/48000/2",
                f"a=candidate:1 1 udp 2130706431 {host} {port} typ host", "a=end-of-candidates",
            ]  # fmt: skip
            if direction == "sendonly":
                lines.append(f"a=ssrc:{self._ssrc} cname:bench")
        return {"type": kind, "sdp": "\r\n".join(lines) + "\r\n"}


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Janus]:
    """Janus, as it is packaged, with its room plugin and nothing else of ours running in it."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        _configure(Path(folder), port)
        with _process(["janus", "-F", folder]) as pid:
            janus = Janus(port, pid)
            try:
                await janus.open()
                yield janus
            finally:
                await janus.close()


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[int]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def _configure(folder: Path, port: int) -> None:
    others = "audiobridge,duktape,echotest,lua,nosip,recordplay,sip,streaming,textroom,videocall,voicemail"
    plugins = ",".join(f"libjanus_{name}.so" for name in others.split(","))
    (folder / "janus.jcfg").write_text(
        f'general: {{ configs_folder = "{folder}" debug_level = 2 }}\n'
        f'nat: {{ ice_enforce_list = "{own_address()}" ice_ignore_list = "" }}\n'
        f'plugins: {{ disable = "{plugins}" }}\n'
        'transports: { disable = "libjanus_websockets.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_mqtt.so,'
        'libjanus_nanomsg.so" }\n'
    )
    (folder / "janus.transport.http.jcfg").write_text(
        f'general: {{ json = "plain" base_path = "/janus" http = true port = {port} ip = "127.0.0.1" https = false }}\n'
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {}\n")
