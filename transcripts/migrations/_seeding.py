"""What the migrations that follow a longer list of terms do. Django takes no module whose name begins with _ for a migration."""

from __future__ import annotations

from typing import Any

from transcripts.masking.lexicon import seed


def add_new(apps: Any, _schema_editor: Any) -> None:
    """Entries that administrators have made or changed stay as they are."""
    lexicon_entry = apps.get_model("transcripts", "LexiconEntry")
    known = set(lexicon_entry.objects.filter(queue=None).values_list("language", "term", "is_allowed"))
    rows = {(e.language, e.term, e.allowed): e for e in seed().entries}
    lexicon_entry.objects.bulk_create(
        [
            lexicon_entry(
                term=entry.term,
                language=entry.language,
                severity=entry.severity,
                match=entry.match.value,
                sound_alikes=entry.sound_alikes,
                is_allowed=entry.allowed,
            )
            for key, entry in rows.items()
            if key not in known
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
