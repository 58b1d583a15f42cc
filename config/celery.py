"""The task queue. Workers: `celery -A config worker -Q live,default` and `-Q batch`."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("contact_centre")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
