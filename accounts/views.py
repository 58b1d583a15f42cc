"""Log-in, sign-up by invitation, and a person's own account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.access import staff_of
from accounts.actions import InvitationGone, WithdrawalRefused, sign_up, withdraw
from accounts.forms import AccountForm, LogInForm, NewPasswordForm, SignUpForm, WithdrawForm
from accounts.models import Invitation, User

GONE = 410
NOT_FOUND = 404


class LogIn(LoginView):
    template_name = "accounts/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if not form.cleaned_data["remember"]:
            self.request.session.set_expiry(0)
        return speak(response, form.get_user())

    def get_default_redirect_url(self) -> str:
        return home(staff_of(self.request))


class LogOut(LogoutView):
    pass


class ChangePassword(PasswordChangeView):
    """All other sessions and every token of the account die with the old password."""

    template_name = "accounts/password.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("accounts:account")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("The password is changed. Other devices are logged out."))
        return super().form_valid(form)


def home(user: User) -> str:
    """Where work begins: supervisors see everyone, agents their desk."""
    return reverse("dashboard:overview") if user.is_supervisor else reverse(settings.LOGIN_REDIRECT_URL)


def speak(response: HttpResponse, user: User) -> HttpResponse:
    """From now on the pages speak the person's language."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax", secure=settings.SECURE_TRANSPORT
    )
    return response


@never_cache
@sensitive_post_parameters()
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    invited = Invitation.objects.select_related("team").filter(token=token.replace("\x00", "")).first()
    if invited is None or not invited.is_open:
        return _no_invitation(request, invited)
    form = SignUpForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/sign_up.html", {"form": form, "invitation": invited})
    try:
        user = sign_up(
            invited,
            username=form.cleaned_data["username"],
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password1"],
            language=(translation.get_language() or settings.LANGUAGE_CODE)[:2],
        )
    except InvitationGone:
        invited.refresh_from_db()
        return _no_invitation(request, invited)
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    return speak(redirect(home(user)), user)


def _no_invitation(request: HttpRequest, invited: Invitation | None) -> HttpResponse:
    """Used, run out or made up: each says what to do next."""
    context = {"used": invited is not None and invited.used_at is not None, "expired": invited is not None}
    return render(request, "accounts/no_invitation.html", context, status=GONE if invited else NOT_FOUND)


@login_required
def account(request: HttpRequest) -> HttpResponse:
    user = staff_of(request)
    form = AccountForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if not form.is_valid():
        return render(request, "accounts/account.html", {"form": form})
    saved = form.save()
    with translation.override(saved.language):
        messages.success(request, _("Saved."))
    return speak(redirect("accounts:account"), saved)


@login_required
@sensitive_post_parameters()
def delete_account(request: HttpRequest) -> HttpResponse:
    user = staff_of(request)
    form = WithdrawForm(user, request.POST or None)
    if form.is_valid():
        try:
            withdraw(user)
        except WithdrawalRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            logout(request)
            return render(request, "accounts/withdrawn.html")
    return render(request, "accounts/withdraw.html", {"form": form})
