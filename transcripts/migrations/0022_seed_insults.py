"""The insults and look-alikes that have been learnt since. Entries that administrators have made or changed stay as they are."""

from django.db import migrations

from transcripts.masking.lexicon import seed


def fill(apps, schema_editor):
    LexiconEntry = apps.get_model("transcripts", "LexiconEntry")
    known = set(LexiconEntry.objects.filter(queue=None).values_list("language", "term", "is_allowed"))
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
            for key, entry in rows.items()
            if key not in known
        ],
        ignore_conflicts=True,
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0021_unlearn_look_alikes")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
