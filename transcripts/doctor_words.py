"""The speech doctor's findings in plain sentences, in the language that is active."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from transcripts.engines import remote
from transcripts.engines.registry import FIXTURE

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SLOWEST_CAPTION_SECONDS = 2.0


def sentences(report: dict[str, Any]) -> Iterator[str]:
    """A line per finding, what to change last."""
    yield _("Device: %(device)s, %(cores)s cores; %(threads)s threads per decoding") % report
    yield _("Models: %(models_dir)s") % report
    yield from _purpose(_("Captions while people talk"), report["live"])
    yield from _purpose(_("Final transcripts"), report["offline"])
    if report["random"]:
        size = report["random"]["live"]["model"]
        yield _("A model like %(size)s with random weights (as fast as the real one, hears nothing):") % {
            "size": size
        }
        for each in ("live", "offline"):
            yield f"  {_measured(report['random'][each]['speed'])}"
    yield _("Waiting for an engine: %(chunks)s pieces of sound, %(calls)s calls") % report["waiting"]
    yield from _capacity(report)
    yield from _advice(report)


def _purpose(title: str, found: dict[str, Any]) -> Iterator[str]:
    name = f"{found['engine']} {found['model']}".strip()
    state = _("works") if found["speed"] else _("installed") if found["ok"] else _("not available")
    how = f" {found['how']}" if not found["ok"] else ""
    yield f"{title}: {name}: {state}.{how}"
    if found["speed"]:
        yield f"  {_measured(found['speed'])}"


def _measured(speed: dict[str, Any]) -> str:
    return (
        _(
            "%(utterance_seconds)s s per utterance, %(real_time_factor)s of real time, loaded in %(load_seconds)s s, "
            "%(memory_mb)s MB"
        )
        % speed
    )


def _capacity(report: dict[str, Any]) -> Iterator[str]:
    """For the engine in use, or for the one that was only tried out."""
    tried = report["random"]["live"] if report["random"] else None
    speed = report["live"]["speed"] or (tried and tried["speed"])
    if not speed:
        yield _("How many calls can be captioned is not known before an engine was measured.")
        return
    share, busy = report["assumed"]["speech_share"], report["assumed"]["busy_share"]
    yield ngettext(
        "Captions for %(calls)s call at once: %(workers)s workers busy for at most %(busy)s%%, somebody speaking for "
        "%(share)s%% of a call.",
        "Captions for %(calls)s calls at once: %(workers)s workers busy for at most %(busy)s%%, somebody speaking for "
        "%(share)s%% of a call.",
        int(speed["calls"]),
    ) % {
        "calls": speed["calls"],
        "workers": report["workers"],
        "busy": round(busy * 100),
        "share": round(share * 100),
    }


def _advice(report: dict[str, Any]) -> Iterator[str]:
    if not report["live"]["ok"]:
        yield _("Calls cannot be captioned now. Recordings are kept and transcribed when an engine is there.")
    yield from _pace(report)
    engines = {report["live"]["engine"], report["offline"]["engine"]}
    if report["live"]["rough"] or report["offline"]["rough"]:
        yield _("Rough English: about one word in three is wrong, and Korean is not heard. Pages say so.")
    if remote.NAME in engines:
        yield _("What people say is sent to the server of SPEECH_REMOTE_URL. Their consent must cover it.")
        if _is_plain(settings.SPEECH_REMOTE_URL):
            yield _("SPEECH_REMOTE_URL is not encrypted: anyone on the way can hear the calls. Use https.")
    if FIXTURE in engines:
        yield _(
            "ALLOW_FIXTURE_SPEECH is on: every call is heard by the fixture model, which knows the demo only."
        )


def _pace(report: dict[str, Any]) -> Iterator[str]:
    live, offline = report["live"]["speed"], report["offline"]["speed"]
    if live and live["utterance_seconds"] > SLOWEST_CAPTION_SECONDS:
        yield _("Captions come late: choose a smaller model for SPEECH_MODEL_LIVE, or a faster machine.")
    if live and report["workers"] < report["cores"] - 1:
        yield _("Processors are idle: raise LIVE_WORKER_THREADS to caption more calls.")
    if offline:
        yield _("An hour of conversation takes %(minutes)s minutes to transcribe.") % {
            "minutes": offline["minutes_per_hour"]
        }
        if offline["minutes_per_hour"] > 60:
            yield _("Transcripts fall behind: choose a smaller model for SPEECH_MODEL_OFFLINE.")


def _is_plain(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in LOOPBACK
