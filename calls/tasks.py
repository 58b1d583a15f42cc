"""Work that beat starts. Bodies are thin: the verbs are in actions."""

from __future__ import annotations

from celery import shared_task

from calls.actions import presence_leases, retention, rooms, sealing, sweeps


@shared_task
def sweep_calls() -> None:
    sweeps.sweep()


@shared_task
def sweep_rooms() -> None:
    rooms.sweep_all()
    presence_leases.sweep()


@shared_task
def erase_old_calls() -> None:
    retention.erase_old_calls()
    retention.erase_old_words()


@shared_task
def seal_recordings() -> None:
    sealing.seal_ended()
