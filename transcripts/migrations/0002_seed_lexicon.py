"""The lexicon that comes with the product. Entries that administrators have made or changed stay as they are."""

from django.db import migrations

from transcripts.masking.lexicon import seed


def fill(apps, schema_editor):
    LexiconEntry = apps.get_model("transcripts", "LexiconEntry")
    rows = {(e.language, e.term, e.allowed): e for e in seed().entries}
    LexiconEntry.objects.bulk_create(
        [
            LexiconEntry(
                term=entry.term,
                language=entry.language,
                severity=entry.severity,
                match=entry.match.value,
                sound_alikes=entry.sound_alikes,
                is_allowed=entry.allowed,
            )
            for entry in rows.values()
        ],
        ignore_conflicts=True,
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
