"""Emptying the database after a test with real transactions, quickly.

Django's own `flush` truncates every table, which PostgreSQL does slowly, and then makes all content types and permissions
again. Here the rows are deleted, and those two tables, which no test changes, stay.
"""

from __future__ import annotations

from functools import cache

import pytest
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def delete_rows_instead_of_flushing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_databases)


def _empty_databases(case: TransactionTestCase) -> None:
    for alias in case._databases_names(include_mirrors=False):
        _empty(connections[alias])


def _empty(connection: BaseDatabaseWrapper) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        # Django's foreign keys are checked at commit, so the order does not matter.
        for table in _tables(connection.alias):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@cache
def _tables(alias: str) -> list[str]:
    return sorted(set(connections[alias].introspection.django_table_names(only_existing=True)) - KEPT)
