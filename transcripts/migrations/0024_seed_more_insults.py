"""The insults, misspellings and look-alikes that have been learnt since. Entries that administrators have made or changed stay as they are."""

from django.db import migrations

from transcripts.migrations._seeding import add_new


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0023_seed_everyday_words")]
    operations = [migrations.RunPython(add_new, migrations.RunPython.noop)]
