"""Type arguments for Django's classes that are generic to the type checker only: `ModelAdmin[Call]`, `ModelForm[User]`."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.forms import BaseForm


def _itself(cls: type[Any], _argument: object) -> type[Any]:
    return cls


def accept_type_arguments() -> None:
    """Subscripting gives the class itself, as Django's own QuerySet and Manager do. Call before admin modules load."""
    for each in (BaseModelAdmin, BaseForm):
        setattr(each, "__class_getitem__", classmethod(_itself))  # noqa: B010 - unknown to the type checker
