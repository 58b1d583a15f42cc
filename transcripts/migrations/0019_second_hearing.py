"""Noisy sound is heard a second time."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("transcripts", "0018_documents"),)
    operations = (
        migrations.AlterField(
            model_name="utterance",
            name="source",
            field=models.CharField(
                choices=[
                    ("live", "live captions"),
                    ("offline", "final transcript"),
                    ("again", "second hearing"),
                ],
                max_length=8,
                verbose_name="source",
            ),
        ),
    )
