"""The trigram index of both databases: pg_trgm in PostgreSQL, an FTS5 table beside the utterances in SQLite."""

from __future__ import annotations

import uuid

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from transcripts.models import Utterance
from transcripts.models.utterance import UtteranceQuerySet

FTS = "transcripts_search"
TABLE = "transcripts_utterance"
# Django makes a table of SQLite anew when a migration alters it, and the triggers go with the old one: hence IF NOT EXISTS, and
# `ensure` after every migration.
SQLITE = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {FTS} USING fts5"
    f"(search_text, content='{TABLE}', content_rowid='id', tokenize='trigram', detail='full')",
    f"CREATE TRIGGER IF NOT EXISTS {FTS}_insert AFTER INSERT ON {TABLE} WHEN new.search_text <> '' BEGIN "
    f"INSERT INTO {FTS}(rowid, search_text) VALUES (new.id, new.search_text); END",
    f"CREATE TRIGGER IF NOT EXISTS {FTS}_delete AFTER DELETE ON {TABLE} WHEN old.search_text <> '' BEGIN "
    f"INSERT INTO {FTS}({FTS}, rowid, search_text) VALUES ('delete', old.id, old.search_text); END",
    f"CREATE TRIGGER IF NOT EXISTS {FTS}_forget AFTER UPDATE OF search_text ON {TABLE} "
    f"WHEN old.search_text <> '' AND old.search_text IS NOT new.search_text BEGIN "
    f"INSERT INTO {FTS}({FTS}, rowid, search_text) VALUES ('delete', old.id, old.search_text); END",
    f"CREATE TRIGGER IF NOT EXISTS {FTS}_learn AFTER UPDATE OF search_text ON {TABLE} "
    f"WHEN new.search_text <> '' AND old.search_text IS NOT new.search_text BEGIN "
    f"INSERT INTO {FTS}(rowid, search_text) VALUES (new.id, new.search_text); END",
)
POSTGRES = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX IF NOT EXISTS utterance_search ON {TABLE} USING gin (search_text gin_trgm_ops)",
)
FEW = 400
"""Hits that are looked up through the index; of what is commoner, the newest calls are tried one by one."""


def ensure(database: BaseDatabaseWrapper) -> None:
    """Make what is missing of the index. Safe to repeat."""
    with database.cursor() as cursor:
        for statement in POSTGRES if database.vendor == "postgresql" else SQLITE:
            cursor.execute(statement)


def holding(wanted: list[str]) -> UtteranceQuerySet:
    """Utterances with all `wanted` terms (of `indexing.terms`), read row by row: for the few of some calls.

    Not by LIKE: PostgreSQL would ask its trigram index for all utterances with a common word, to look at those of one page.
    """
    found = Utterance.objects.all()
    for term in wanted:
        found = found.filter(GreaterThan(StrIndex("search_text", Value(term)), 0))
    return found


def rare(wanted: list[str]) -> set[uuid.UUID] | None:
    """The calls with an utterance that holds all terms; None when there are too many to list."""
    hits = _by_index(wanted) if connection.vendor == "sqlite" else _by_filter(wanted)
    return set(hits) if len(hits) <= FEW else None


def _by_filter(wanted: list[str]) -> list[uuid.UUID]:
    found = Utterance.objects.order_by()
    for term in wanted:
        found = found.filter(search_text__contains=term)
    return list(found.values_list("call_id", flat=True)[: FEW + 1])


def _by_index(wanted: list[str]) -> list[uuid.UUID]:
    """A join, because SQLite would first list all that a subquery finds, however many are wanted."""
    phrases = " AND ".join('"' + term.replace('"', '""') + '"' for term in wanted)
    query = f"SELECT u.call_id FROM {FTS} f JOIN {TABLE} u ON u.id = f.rowid WHERE {FTS} MATCH %s LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [phrases, FEW + 1])
        return [uuid.UUID(row[0]) for row in cursor.fetchall()]
