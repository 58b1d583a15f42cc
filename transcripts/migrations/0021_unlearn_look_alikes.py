"""Exceptions that let abuse through (이따가 꺼져라, 너는 꺼져): rules of grammar stand in their place. An entry that an
administrator has changed since stays.
"""

from django.db import migrations

LET_THROUGH = (
    "이꺼져", "가꺼져", "은꺼져", "는꺼져", "도꺼져", "가닥쳐", "이닥쳐", "가닥치고", "이닥치고",
)  # fmt: skip


def forget(apps, schema_editor):
    LexiconEntry = apps.get_model("transcripts", "LexiconEntry")
    LexiconEntry.objects.filter(queue=None, language="ko", is_allowed=True, term__in=LET_THROUGH).delete()


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0020_trial_use")]
    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
