"""The search index, and the texts that were there before it."""

from django.db import migrations

from transcripts.fulltext import ensure
from transcripts.indexing import index_text

BATCH = 2000


def build(apps, schema_editor):
    ensure(schema_editor.connection)


def fill(apps, schema_editor):
    Utterance = apps.get_model("transcripts", "Utterance")
    finished = set(
        Utterance.objects.filter(source="offline").order_by().values_list("call_id", flat=True).distinct()
    )
    last = 0
    while rows := list(
        Utterance.objects.filter(pk__gt=last)
        .order_by("pk")
        .only("masked_text", "masks", "call_id", "source")[:BATCH]
    ):
        for row in rows:
            outdated = row.source == "live" and row.call_id in finished
            row.search_text = "" if outdated else index_text(row.masked_text, row.masks)
        Utterance.objects.bulk_update(rows, ["search_text"], batch_size=500)
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0005_export")]
    operations = [
        migrations.RunPython(build, migrations.RunPython.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
