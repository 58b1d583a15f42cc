"""Search over 1,000,000 utterances on SQLite and PostgreSQL, beside plain `icontains` in the same run.

`python -m tests.bench.bench_search [--utterances 1000000] [--databases sqlite,postgres]`. The words are invented: 6,000 Korean
and English ones, as often as Zipf's law has it. An agent with 100 calls and a supervisor of all look for common, middling and
rare words, with and without filters; a measurement is what the page of records asks: one page of calls and its lines.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np

from tests.services import PostgresServer

PER_CALL = 50
OWN_CALLS = 100
DAYS = 30
WORDS = 6000
REPEATS = 3
SYLLABLES = range(0xAC00, 0xD7A4)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--utterances", type=int, default=1_000_000)
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--inside", action="store_true", help="measure the database of DATABASE_URL")
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(measured(options.utterances), ensure_ascii=False, indent=1))
        return
    for name in options.databases.split(","):
        print(f"{name}:", flush=True)
        _on(name, options.utterances)


def _on(name: str, utterances: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        if name == "sqlite":
            _inside(f"sqlite:///{folder}/db.sqlite3", folder, utterances)
            return
        with PostgresServer.temporary() as server:
            _inside(server.url, folder, utterances)


def _inside(url: str, folder: str, utterances: int) -> None:
    environment = os.environ | {"DATABASE_URL": url, "DATA_DIR": folder, "ENVIRONMENT": "test"}
    environment |= {"SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests"}
    command = [sys.executable, "-m", "tests.bench.bench_search", "--inside", "--utterances", str(utterances)]
    subprocess.run(command, env=environment, check=True)


def measured(utterances: int) -> dict[str, Any]:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    words = vocabulary()
    began = time.monotonic()
    users = fill(words, utterances)
    made = time.monotonic() - began
    _settle()
    found: dict[str, Any] = {"utterances": utterances, "seconds to fill": round(made)}
    for who, user in users.items():
        times = [
            timed(lambda user=user, wanted=wanted: search(user, wanted))
            for wanted in queries(words) * REPEATS
        ]
        found[who] = summary(times)
    plain = [
        timed(lambda wanted=wanted: icontains(users["supervisor"], wanted)) for wanted in queries(words)[::4]
    ]
    found["supervisor, icontains"] = summary(plain)
    return found


def vocabulary() -> list[str]:
    """Commonest first."""
    dice = random.Random(20)
    made: dict[str, None] = {}
    while len(made) < WORDS:
        if dice.random() < 0.15:
            word = "".join(dice.choices("etaoinshrdlcumwfgyp", k=dice.randint(3, 9)))
        else:
            word = "".join(
                chr(dice.choice(SYLLABLES[::37])) for _ in range(dice.choice((1, 2, 2, 2, 3, 3, 4)))
            )
        made[word] = None
    return list(made)


def queries(words: list[str]) -> list[dict[str, Any]]:
    ranks = (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 5900)
    single = [{"said": words[rank]} for rank in ranks]
    pairs = [{"said": f"{words[rank]} {words[rank + 7]}"} for rank in ranks[:-1]]
    syllables = [{"said": words[rank][:1] + " " + words[rank + 1]} for rank in (5, 50, 500)]
    filtered = [{**wanted, **narrow} for narrow in filters() for wanted in single[::2]]
    return [*single, *pairs, *syllables, *filtered, {"said": "없는낱말"}]


def filters() -> list[dict[str, Any]]:
    """Each of the page alone, and some together."""
    today = date.today()
    one = [
        {"masked": True},
        {"negative": True},
        {"state": "ended"},
        {"place": 1},
        {"queue": 1},
        {"day": today},
    ]
    return [*one, {"day": today - timedelta(days=9), "until": today, "masked": True, "negative": True}]


def fill(words: list[str], utterances: int) -> dict[str, Any]:
    from django.utils import timezone

    from accounts.models import Role, Team, User
    from calls.models import Call, Participant, Place, Queue
    from transcripts.models import CallTranscript

    team = Team.objects.create(name="team")
    queue = Queue.objects.create(name="queue", team=team)
    place = Place.objects.create(name="place", queue=queue)
    supervisor = User.objects.create(username="bob", role=Role.SUPERVISOR)
    supervisor.teams.add(team)
    agents = [User.objects.create(username=f"agent{n}", role=Role.AGENT) for n in range(2)]
    now = timezone.now()
    count = utterances // PER_CALL
    apart = timedelta(days=DAYS) / count
    calls = [
        Call(
            number=n, day=(now - (count - n) * apart).date(), place=place, queue=queue, status="ENDED",
            token_hash=f"{n:064d}", created_at=now - (count - n) * apart, answered_at=now, ended_at=now,
        )
        for n in range(count)
    ]  # fmt: skip
    Call.objects.bulk_create(calls, batch_size=1000)
    every = max(1, count // OWN_CALLS)
    sides = [
        Participant(call=call, role="agent", user=agents[0 if n % every == 0 else 1], name="agent")
        for n, call in enumerate(calls)
    ]
    Participant.objects.bulk_create(sides, batch_size=1000)
    insert(utterance_rows(words, sides))
    CallTranscript.objects.bulk_create(
        [
            CallTranscript(
                call=side.call,
                state="ready",
                masked_utterances=_is_masked(side),
                lowest_tone=-0.8 if side.pk.int % 7 == 0 else 0.2,
            )
            for side in sides
        ],
        batch_size=1000,
    )
    return {"agent of 100 calls": agents[0], "supervisor": supervisor}


def _is_masked(side: Any) -> bool:
    """One call in twenty has a masked word, and one in seven an angry one."""
    return bool(side.pk.int % 20 == 0)


def utterance_rows(words: list[str], sides: list[Any]) -> Iterator[tuple[Any, ...]]:
    from django.utils import timezone

    from transcripts.indexing import index_text

    dice = np.random.default_rng(7)
    weights = 1 / np.arange(1, len(words) + 1)
    weights /= weights.sum()
    coded = [index_text(word) for word in words]
    now = timezone.now()
    for side in sides:
        picked = dice.choice(len(words), size=(PER_CALL, 9), p=weights)
        for place, line in enumerate(picked.tolist()):
            text = " ".join(words[number] for number in line)
            masks = (
                '[{"start": 0, "end": 0, "kind": "profanity"}]' if place == 0 and _is_masked(side) else "[]"
            )
            yield (
                side.call_id, side.pk, "offline", place, place * 4000, place * 4000 + 3000, text, text, masks, "[]",
                "ko", 0.9, "x", "y", " ".join(coded[number] for number in line), "[]", now, now,
            )  # fmt: skip


COLUMNS = [
    "call_id",
    "participant_id",
    "source",
    "position",
    "start_ms",
    "end_ms",
    "text",
    "masked_text",
    "masks",
    "words",
    "language",
    "confidence",
    "engine",
    "engine_model",
    "search_text",
    "unsure",
    "masked_at",
    "created_at",
]


def insert(rows: Iterator[tuple[Any, ...]]) -> None:
    from django.db import connection, transaction

    names = ", ".join(COLUMNS)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY transcripts_utterance ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["?"] * len(COLUMNS))
        raw = cursor.cursor.connection
        raw.executemany(
            f"INSERT INTO transcripts_utterance ({names}) VALUES ({marks})",
            ((row[0].hex, row[1].hex, *row[2:-2], str(row[-2]), str(row[-1])) for row in rows),
        )


def _settle() -> None:
    """What autovacuum and SQLite's optimiser do in the night."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def search(user: Any, wanted: dict[str, Any]) -> int:
    from transcripts.paging import page_of
    from transcripts.search import find
    from transcripts.snippets import snippets

    page = page_of(find(user, wanted), None, 30)
    snippets(page, wanted["said"])
    return len(page)


def icontains(user: Any, wanted: dict[str, Any]) -> int:
    from django.db.models import Exists, OuterRef

    from calls.models import Call
    from transcripts.models import Utterance

    said = Utterance.objects.filter(call=OuterRef("pk"))
    for word in wanted["said"].split():
        said = said.filter(masked_text__icontains=word)
    return len(Call.objects.visible_to(user).filter(Exists(said)).order_by("-created_at")[:31])


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def summary(times: list[float]) -> dict[str, float]:
    return {
        "searches": len(times),
        "p50 ms": round(float(np.percentile(times, 50)), 1),
        "p95 ms": round(float(np.percentile(times, 95)), 1),
        "slowest ms": round(max(times), 1),
    }


if __name__ == "__main__":
    main()
