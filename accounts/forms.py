"""What staff type about themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    UsernameField,
)
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.lockout import attempts_left
from accounts.models import User


class Described:
    """Ties each field to its error and hint for people who hear the page."""

    fields: dict[str, forms.Field]
    errors: ErrorDict

    def __getitem__(self, name: str) -> BoundField:
        bound: BoundField = super().__getitem__(name)  # type: ignore[misc] # the form beside us has it
        widget = bound.field.widget
        if not isinstance(widget, forms.CheckboxInput):
            widget.attrs["class"] = "input"
        if name in self.errors:
            widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}_error"}
        return bound


class LogInForm(Described, AuthenticationForm):
    # The base form only tells the browser how long a name may be; a longer one would not fit the log of attempts.
    username = UsernameField(max_length=150, widget=forms.TextInput(attrs={"autofocus": True}))
    remember = forms.BooleanField(label=_("Remember this device"), required=False)

    error_messages = {
        "invalid_login": _("The name or the password is wrong."),
        "inactive": _("This account is closed."),
    }

    def get_invalid_login_error(self) -> forms.ValidationError:
        text = str(self.error_messages["invalid_login"])
        if self.request is not None:
            left = attempts_left(self.request, self.cleaned_data["username"])
            more = ngettext("You can try %(n)d more time.", "You can try %(n)d more times.", left)
            text = f"{text} {more % {'n': left}}"
        return forms.ValidationError(text, code="invalid_login")


class SignUpForm(Described, BaseUserCreationForm[User]):
    name = forms.CharField(
        label=_("name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    class Meta:
        model = User
        fields = ("name", "username")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("log-in name")


class AccountForm(Described, forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("name", "alias", "language")


class NewPasswordForm(Described, PasswordChangeForm):
    pass


class WithdrawForm(Described, forms.Form):
    """The password once more: a desk left open must not be enough."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    sure = forms.BooleanField(label=_("Delete the account. I know that this cannot be undone."))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("The password is wrong."), code="wrong_password")
        return password
