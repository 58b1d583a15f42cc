from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_erased")]

    operations = [
        migrations.AddField(
            model_name="chunk",
            name="sealed_at",
            field=models.DateTimeField(
                editable=False, help_text="when the plain file was known to be gone", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(
                condition=models.Q(("sealed_at", None)), fields=["recording"], name="chunks_to_seal"
            ),
        ),
    ]
