"""The sums of the transcripts that were there before them."""

from django.db import migrations
from django.db.models import Count, Min, Q

BATCH = 500


def sum_up(apps, schema_editor):
    Utterance = apps.get_model("transcripts", "Utterance")
    CallTranscript = apps.get_model("transcripts", "CallTranscript")
    last = 0
    while rows := list(CallTranscript.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        said = Utterance.objects.filter(call__in=[row.call_id for row in rows], source="offline").order_by()
        sums = said.values("call").annotate(masked=Count("pk", filter=~Q(masks=[])), lowest=Min("tone"))
        found = {each["call"]: each for each in sums}
        for row in rows:
            of = found.get(row.call_id, {})
            row.masked_utterances, row.lowest_tone = of.get("masked", 0), of.get("lowest")
        CallTranscript.objects.bulk_update(rows, ["masked_utterances", "lowest_tone"])
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0009_transcript_sums")]
    operations = [migrations.RunPython(sum_up, migrations.RunPython.noop)]
