"""The lexicon that has grown since. Entries that administrators have made or changed stay as they are."""

from django.db import migrations

from transcripts.migrations._seeding import add_new


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0003_ears_and_mask")]
    operations = [migrations.RunPython(add_new, migrations.RunPython.noop)]
