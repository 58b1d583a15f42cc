"""The insults and look-alikes that have been learnt since. Entries that administrators have made or changed stay as they are."""

from django.db import migrations

from transcripts.migrations._seeding import add_new


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0021_unlearn_look_alikes")]
    operations = [migrations.RunPython(add_new, migrations.RunPython.noop)]
