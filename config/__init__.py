"""Composition: settings, addresses, processes. No behaviour of the product lives here."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
