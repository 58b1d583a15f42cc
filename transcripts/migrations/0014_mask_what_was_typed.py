"""Names, topics and questions that customers typed before these were masked: asks for a run that masks them."""

from django.db import migrations


def ask(apps, schema_editor):
    Remask = apps.get_model("transcripts", "Remask")
    if (
        apps.get_model("calls", "Call").objects.exists()
        and not Remask.objects.filter(state="pending").exists()
    ):
        Remask.objects.create()


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0013_assistant_in_pages"), ("calls", "0006_reconnecting")]
    operations = [migrations.RunPython(ask, migrations.RunPython.noop)]
