"""Live captions: from the end of a word to its text on the other page, and how many calls one core captions.

    python -m tests.bench.bench_captions [--calls 3] [--sizes tiny,base] [--no-delay]

The delay is measured on the running system: simulated calls speak the bundled demo through sockets, WebRTC, media
server, worker and back, heard by the fixture model. The capacity is a simulation (tests/bench/capacity.py) over
decoding times measured here, with the fixture model and with models of the published shapes with random weights,
on one thread. Prints JSON; times in seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import Segment

from calls.simulation.party import Party
from calls.simulation.runner import Target
from calls.simulation.scenario import Roles, SimulatedCall
from calls.simulation.speech import SpeechTrack, read_pcm
from tests.bench import capacity
from tests.bench.bench_setup import running_system
from tests.stack import Stack
from transcripts.checkup import DEMO
from transcripts.engines import random_model, vad, windows
from transcripts.engines.base import SAMPLE_RATE
from transcripts.engines.fixture import unpacked
from transcripts.engines.whisper import CAPTION_WINDOW_S, DRAFT_WINDOW_S, WhisperEngine, WhisperOptions

SECONDS_AFTER = 15.0
PIECES = (1, 6, 12)
PREPARE = """
from accounts.tokens import socket_token
from calls.simulation.stage import customer_token, lane
stage = lane(0, team_name="bench", relayed=False)
answer = [customer_token(stage, language="ko", name="bench", topic="bench"), socket_token(stage.agent)]
"""
ROWS = """
from transcripts.models import Utterance
rows = Utterance.objects.filter(call_id="{call}", source="live").select_related("chunk__speech_job", "call")
answer = {{
    u.pk: {{
        "answered": u.call.answered_at.timestamp(),
        "words": [w[2] for w in u.words],
        "chunk": u.chunk.created_at.timestamp(),
        "claimed": u.chunk.speech_job.claimed_at.timestamp(),
        "stored": u.created_at.timestamp(),
    }}
    for u in rows
}}
"""


class TimedTrack(SpeechTrack):
    """Knows when its first sound left."""

    began_at: float | None = None

    def _next(self) -> np.ndarray:
        if self._position == 0:
            self.began_at = time.time()
        return super()._next()


class TimedParty(Party):
    """Notes when captions arrive. Its own voice is timed where it goes to the media server."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.captions: list[tuple[float, dict[str, Any]]] = []
        self.wire.on("caption", lambda message: self.captions.append((time.time(), message)))

    def _voice(self) -> SpeechTrack:
        voice = TimedTrack(self.speech)
        if self._speaking:
            voice.start()
        self._voices.append(voice)
        return voice

    @property
    def began_at(self) -> float:
        return next(v.began_at for v in self._voices if isinstance(v, TimedTrack) and v.began_at is not None)


class TimedCall(SimulatedCall):
    """A call that waits for its last captions before it hangs up."""

    async def hold(self, turns: int) -> tuple[TimedParty, TimedParty]:
        async with self._agent_wire as agent_wire, self._customer_wire as customer_wire:
            agent = TimedParty(agent_wire, "agent", self._roles.agent_speech)
            customer = TimedParty(customer_wire, "customer", self._roles.customer_speech)
            try:
                await customer.join(token=self._roles.customer_token)
                await self._accept(agent)
                await asyncio.gather(customer.connect_media(), agent.connect_media())
                await asyncio.gather(customer.talk(), agent.talk())
                await self._captioned(agent, turns)
                await customer.hang_up()
                await asyncio.wait_for(agent.over.wait(), 10)
            finally:
                await asyncio.gather(agent.close(), customer.close())
        return agent, customer

    @staticmethod
    async def _captioned(agent: TimedParty, turns: int) -> None:
        deadline = time.monotonic() + SECONDS_AFTER
        while len(agent.captions) < turns and time.monotonic() < deadline:
            await asyncio.sleep(0.1)


def delays(folder: Path, count: int) -> dict[str, Any]:
    turns = json.loads((DEMO / "script.json").read_text(encoding="utf-8"))["ko"]
    speech = {side: read_pcm(DEMO / f"ko-{side}.opus") for side in ("customer", "agent")}
    found: list[dict[str, float]] = []
    with running_system(folder) as stack:
        for _ in range(count):
            found += asyncio.run(one_call(stack, speech, turns))
    parts = ["pause and file", "queue", "hearing and masking", "relay", "last word", "every word"]
    table = {part: spread([row[part] for row in found if part in row]) for part in parts}
    return {
        "utterances spoken": count * len(turns),
        "captioned": sum("relay" in row for row in found),
        **table,
    }


async def one_call(
    stack: Stack, speech: dict[str, Any], turns: list[dict[str, Any]]
) -> list[dict[str, float]]:
    keys = await asyncio.to_thread(stack.ask, PREPARE)
    target = Target.of(stack.url)
    roles = Roles(keys[0], keys[1], speech["customer"], speech["agent"])
    agent, customer = await TimedCall(target.socket_url, target.origin, roles).hold(len(turns))
    rows = await asyncio.to_thread(stack.ask, ROWS.format(call=agent.call_id))
    found: list[dict[str, float]] = []
    for speaker, listener in ((customer, agent), (agent, customer)):
        spoken = [t for t in turns if t["side"] == speaker.role]
        for arrived, message in listener.captions:
            if message["role"] == speaker.role:
                found += of_caption(
                    arrived, message, rows[str(message["utteranceId"])], spoken, speaker.began_at
                )
    return found


def of_caption(
    arrived: float, message: dict[str, Any], row: dict[str, Any], spoken: list[dict[str, Any]], began: float
) -> list[dict[str, float]]:
    """The delays of one caption, by the script's time for its last word and the engine's for the others."""
    middle = row["answered"] + (message["startMs"] + message["endMs"]) / 2000
    turn = next(
        (t for t in spoken if began + t["start_ms"] / 1000 < middle < began + t["end_ms"] / 1000), None
    )
    if turn is None:
        return []
    end = began + turn["end_ms"] / 1000
    whole = {
        "pause and file": row["chunk"] - end,
        "queue": row["claimed"] - row["chunk"],
        "hearing and masking": row["stored"] - row["claimed"],
        "relay": arrived - row["stored"],
        "last word": arrived - end,
    }
    return [whole, *({"every word": arrived - row["answered"] - ms / 1000} for ms in row["words"])]


def spread(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=20) if len(values) > 1 else values * 19
    return {"p50": round(statistics.median(values), 3), "p90": round(cuts[17], 3), "p95": round(cuts[18], 3)}


class Trusting(WhisperEngine):
    """Neither random weights nor a fixture on several sentences at once are sure of anything: no second tries."""

    def _believes(self, segments: list[Segment]) -> bool:
        return True


def capacities(folder: Path, sizes: list[str]) -> dict[str, Any]:
    fixture = unpacked(folder)
    models = {"fixture": fixture} | {
        f"{size}, random weights": random_model.build(size, folder / f"random-{size}", fixture)
        for size in sizes
    }
    engines = {
        f"{name}, captions in {window_s} s": Trusting(
            str(model),
            folder,
            WhisperOptions("cpu", "int8", 1, 1, temperatures=(0.0,), window_s=window_s),
        )
        for name, model in models.items()
        for window_s in (CAPTION_WINDOW_S, windows.WHOLE_S)
    }
    return {name: compare(costs_of(engine)) for name, engine in engines.items()}


def costs_of(engine: WhisperEngine) -> tuple[capacity.Costs, dict[str, float]]:
    """Straight lines through pieces of PIECES seconds of speech, each the fastest of three after a warm-up."""
    voice = np.concatenate([_samples(side) for side in ("customer", "agent")])
    pieces = {seconds: voice[SAMPLE_RATE * 2 : SAMPLE_RATE * (2 + seconds)] for seconds in PIECES}
    engine.recognise(pieces[PIECES[0]], language="ko")
    ways: dict[str, Callable[[np.ndarray], object]] = {
        "final": lambda piece: (vad.speech_spans(piece), engine.recognise(piece, language="ko")),
        "draft": lambda piece: (vad.speech_spans(piece), engine.recognise_draft(piece, language="ko")),
        "whole": lambda piece: redecoded(engine, piece, windows.WHOLE_S),
        "short": lambda piece: redecoded(engine, piece, windows.seconds_for(len(piece), DRAFT_WINDOW_S)),
    }
    times = {
        way: {s: best(lambda w=work, p=p: w(p)) for s, p in pieces.items()} for way, work in ways.items()
    }
    measured = {f"{way} of {s} s": round(t, 3) for way, line in times.items() for s, t in line.items()}
    return capacity.Costs(**{way: _line(points) for way, points in times.items()}), measured


def _samples(side: str) -> np.ndarray:
    from transcripts.engines.decode import decode

    return decode(DEMO / f"ko-{side}.opus")


def redecoded(engine: WhisperEngine, audio: np.ndarray, seconds: int) -> None:
    """A decode as LocalAgreement needs it: no word times; as many tokens as so much speech has."""
    model = engine._model
    tokenizer = Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language="ko")
    prompt = model.get_prompt(tokenizer, [], without_timestamps=True)
    encoded = model.encode(pad_or_trim(model.feature_extractor(audio), seconds * windows.FRAMES_PER_SECOND))
    tokens = 4 + 8 * len(audio) // SAMPLE_RATE
    model.model.generate(encoded, [prompt], beam_size=1, max_length=len(prompt) + tokens)


def best(work: Any) -> float:
    """Seconds of processor time, which others on the machine do not lengthen as they do the clock's."""
    times = []
    for _ in range(3):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def _line(points: dict[int, float]) -> capacity.Cost:
    lengths, times = zip(*sorted(points.items()), strict=True)
    return lambda seconds: float(np.interp(seconds, lengths, times))


def compare(costs: tuple[capacity.Costs, dict[str, float]]) -> dict[str, Any]:
    """Calls per core within several p90 delays, and against re-decoding at the delay that it has itself."""
    delays = {way: capacity.table(way, costs[0]) for way in capacity.WAYS}
    limits = [1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
    return {
        "decode seconds": costs[1],
        "p90 delay with 1, 2, 3 ... calls": {
            way: [round(d, 2) for d in found[:16]] for way, found in delays.items()
        },
        "calls per core by p90 delay": {
            f"{limit:g} s": {way: capacity.most_calls(found, limit) for way, found in delays.items()}
            for limit in limits
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=3, help="demo calls for the delay, one after the other")
    parser.add_argument(
        "--sizes", default="tiny,base", help="shapes with random weights, separated by commas"
    )
    parser.add_argument("--no-delay", action="store_true", help="only the capacity")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report: dict[str, Any] = {}
        if not options.no_delay:
            report["delay"] = delays(folder / "stack", options.calls)
        report["capacity"] = capacities(folder / "models", [s for s in options.sizes.split(",") if s])
        print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
