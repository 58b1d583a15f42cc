from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from config.helpers.generics import accept_type_arguments

accept_type_arguments()


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("people")
