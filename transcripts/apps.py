from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TranscriptsConfig(AppConfig):
    name = "transcripts"
    verbose_name = _("transcripts")

    def ready(self) -> None:
        from calls import masking
        from transcripts import receivers  # noqa: F401 - connects the signals
        from transcripts.vocabulary import chat, form

        masking.use(chat=chat, form=form)
        post_migrate.connect(_ensure_search, sender=self)


def _ensure_search(using: str, **_kwargs: Any) -> None:
    from transcripts.fulltext import TABLE, ensure

    if TABLE in connections[using].introspection.table_names():
        ensure(connections[using])
