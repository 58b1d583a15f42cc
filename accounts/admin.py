"""People in Django's admin: users, teams, and invitations with a link to copy."""

from __future__ import annotations

from typing import Any, cast

from axes.utils import reset
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions import WithdrawalRefused, withdraw
from accounts.models import Invitation, Team, User

admin.site.unregister(Group)  # rights follow the role; groups would be a second truth
admin.site.site_header = gettext_lazy("Contact centre")
admin.site.site_title = gettext_lazy("Contact centre")
admin.site.index_title = gettext_lazy("Administration")


@admin.register(User)
class StaffAdmin(UserAdmin[User]):
    add_form = AdminUserCreationForm
    list_display = ("name", "username", "role", "team_names", "is_active", "last_login")
    list_filter = ("role", "is_active", "teams")
    search_fields = ("name", "username", "alias")
    ordering = ("name", "username")
    filter_horizontal = ("teams",)
    readonly_fields = ("last_login", "date_joined", "withdrawn_at")
    actions = ("unlock", "delete_accounts")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("name", "alias", "department", "email", "language")}),
        (gettext_lazy("Work"), {"fields": ("role", "teams", "is_active")}),
        (gettext_lazy("Times"), {"fields": ("last_login", "date_joined", "withdrawn_at")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("username", "name", "role", "teams", "usable_password", "password1", "password2")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("teams")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Past calls need their row; `delete_accounts` takes the person out of it."""
        return False

    @admin.display(description=gettext_lazy("teams"))
    def team_names(self, user: User) -> str:
        return ", ".join(team.name for team in user.teams.all())

    @admin.action(description=gettext_lazy("Unlock the log-in after too many wrong passwords"))
    def unlock(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        for user in chosen:
            reset(username=user.username)
        self.message_user(request, _("Unlocked."))

    @admin.action(description=gettext_lazy("Delete accounts (past calls stay, without the name)"))
    def delete_accounts(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        gone = 0
        for user in chosen.filter(withdrawn_at=None):
            try:
                withdraw(user)
            except WithdrawalRefused as refusal:
                self.message_user(request, f"{user}: {refusal}", messages.WARNING)
            else:
                gone += 1
        text = ngettext("%(n)d account deleted.", "%(n)d accounts deleted.", gone) % {"n": gone}
        self.message_user(request, text)


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin[Team]):
    list_display = ("name", "member_count")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        active = Count("members", filter=Q(members__is_active=True))
        return super().get_queryset(request).annotate(active_members=active)

    @admin.display(description=gettext_lazy("members"), ordering="active_members")
    def member_count(self, team: Team) -> int:
        return cast("int", team.active_members)  # type: ignore[attr-defined] # annotated above


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin[Invitation]):
    list_display = ("__str__", "role", "team", "state", "expires_at", "invited_by", "used_by")
    list_select_related = ("team", "invited_by", "used_by")
    list_filter = ("role", "team")
    fields = ("role", "team", "note", "expires_at", "link", "used_by")
    readonly_fields = ("link", "used_by")

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        if not change:
            obj.invited_by = cast("User", request.user)
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("state"))
    def state(self, invitation: Invitation) -> str:
        if invitation.used_at:
            return _("used")
        return _("open") if invitation.is_open else _("run out")

    @admin.display(description=gettext_lazy("link to send"))
    def link(self, invitation: Invitation) -> SafeString | str:
        """A field that one click selects: copying needs no script."""
        if invitation._state.adding:
            return _("Save first: then the link stands here.")
        if not invitation.is_open:
            return _("The link does not work any more.")
        label = _("link to send")
        return format_html(
            '<input class="vTextField" type="url" readonly size="90" value="{}" aria-label="{}">',
            invitation.public_url(),
            label,
        )
