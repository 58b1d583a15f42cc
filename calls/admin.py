"""Places, queues and calls in Django's admin. Calls are read only; what was said is not here at all."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls import qr
from calls.models import (
    Call,
    CallTransition,
    Listening,
    Membership,
    Offer,
    Participant,
    Participation,
    Place,
    Queue,
    QueueMembership,
    Room,
    RoomSession,
)
from calls.models.room import RoomKind


class QueueMembershipInline(admin.TabularInline[QueueMembership, Queue]):
    model = QueueMembership
    extra = 1
    autocomplete_fields = ("agent",)


@admin.register(Queue)
class QueueAdmin(admin.ModelAdmin[Queue]):
    list_display = ("name", "team", "target_seconds", "listening_told", "agent_count")
    list_select_related = ("team",)
    search_fields = ("name", "name_en")
    inlines = (QueueMembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        return super().get_queryset(request).annotate(agents=Count("memberships"))

    @admin.display(description=gettext_lazy("agents"), ordering="agents")
    def agent_count(self, queue: Queue) -> int:
        return int(queue.agents)  # type: ignore[attr-defined] # annotated above


@admin.register(Place)
class PlaceAdmin(admin.ModelAdmin[Place]):
    list_display = ("name", "location", "queue", "is_active", "is_default", "poster_link")
    list_select_related = ("queue",)
    list_filter = ("is_active", "queue")
    search_fields = ("name", "name_en", "code")
    readonly_fields = ("link", "qr_preview", "poster_link")

    @admin.display(description=gettext_lazy("link"))
    def link(self, place: Place) -> SafeString | str:
        if place._state.adding:
            return _("Save first: then the link stands here.")
        return format_html('<a href="{0}">{0}</a>', place.public_url())

    @admin.display(description=gettext_lazy("QR code"))
    def qr_preview(self, place: Place) -> SafeString | str:
        if place._state.adding:
            return "-"
        # Sized by attributes: our policy has no inline styles.
        return SafeString(qr.svg(place.public_url()).replace("<svg ", '<svg width="160" height="160" ', 1))

    @admin.display(description=gettext_lazy("poster"))
    def poster_link(self, place: Place) -> SafeString | str:
        if place._state.adding:
            return "-"
        return format_html('<a href="{}">{}</a>', reverse("calls:poster", args=[place.pk]), _("Print"))


class ReadOnly:
    """History is looked at, not edited."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ParticipantInline(ReadOnly, admin.TabularInline[Participant, Call]):
    model = Participant
    fields = ("role", "name", "joined_at", "left_at")


class TransitionInline(ReadOnly, admin.TabularInline[CallTransition, Call]):
    model = CallTransition
    fields = ("before", "after", "reason", "at")


class ListeningInline(ReadOnly, admin.TabularInline[Listening, Call]):
    model = Listening
    fields = ("user", "started_at", "ended_at", "took_over")


@admin.register(Listening)
class ListeningAdmin(ReadOnly, admin.ModelAdmin[Listening]):
    """Who listened into which call, and when."""

    list_display = ("started_at", "ended_at", "user", "call", "took_over")
    list_select_related = ("user", "call")
    list_filter = ("took_over", "user")
    date_hierarchy = "started_at"


class OfferInline(ReadOnly, admin.TabularInline[Offer, Call]):
    model = Offer
    fields = ("agent", "state", "created_at", "settled_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        return super().get_queryset(request).select_related("agent")


@admin.register(Call)
class CallAdmin(ReadOnly, admin.ModelAdmin[Call]):
    list_display = ("reference", "created_at", "place", "queue", "topic", "status", "end_reason", "source")
    list_select_related = ("place", "queue")
    list_filter = ("status", "source", "queue", "day")
    date_hierarchy = "day"
    search_fields = ("customer_name", "topic")
    inlines = (ParticipantInline, TransitionInline, OfferInline, ListeningInline)
    # Nobody here needs the customer's own words (the question, the remark), masked as they are.
    fields = (
        "reference", "status", "end_reason", "place", "queue", "source", "language", "customer_name",
        "masked_contact", "topic", "media_path", "created_at", "answered_at", "connected_at", "ended_at",
        "rating", "record_link",
    )  # fmt: skip
    readonly_fields = ("reference", "masked_contact", "record_link")

    @admin.display(description=gettext_lazy("reference"), ordering="created_at")
    def reference(self, call: Call) -> str:
        return call.reference

    @admin.display(description=gettext_lazy("contact"))
    def masked_contact(self, call: Call) -> str:
        return call.masked_contact

    @admin.display(description=gettext_lazy("record"))
    def record_link(self, call: Call) -> SafeString:
        # An address by its name only: this app does not know the one that answers it.
        return format_html('<a href="{}">{}</a>', reverse("transcripts:record", args=[call.pk]), _("Open"))


class MembershipInline(admin.TabularInline[Membership, Room]):
    model = Membership
    extra = 1
    fields = ("user", "role")
    autocomplete_fields = ("user",)


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin[Room]):
    """Meetings and voice rooms. What is written in them is not here."""

    list_display = ("name", "kind", "team", "member_count", "locked", "created_at", "closed_at")
    list_select_related = ("team",)
    list_filter = ("kind", "team")
    search_fields = ("name",)
    fields = ("name", "kind", "team", "max_people", "ip_allow", "locked", "created_at", "closed_at")
    readonly_fields = ("created_at",)
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        rooms = super().get_queryset(request).exclude(kind=RoomKind.CALL)
        return rooms.annotate(people=Count("memberships"))

    @admin.display(description=gettext_lazy("members"), ordering="people")
    def member_count(self, room: Room) -> int:
        return int(room.people)  # type: ignore[attr-defined] # annotated above


class ParticipationInline(ReadOnly, admin.TabularInline[Participation, RoomSession]):
    model = Participation
    fields = (
        "name", "joined_at", "left_at", "present_seconds", "muted_seconds", "video_off_seconds",
        "sharing_seconds",
    )  # fmt: skip


@admin.register(RoomSession)
class RoomSessionAdmin(ReadOnly, admin.ModelAdmin[RoomSession]):
    list_display = ("room", "started_by", "started_at", "ended_at", "people_count")
    list_select_related = ("room", "started_by")
    list_filter = ("room__kind",)
    date_hierarchy = "started_at"
    search_fields = ("room__name",)
    inlines = (ParticipationInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoomSession]:
        return super().get_queryset(request).annotate(people=Count("participations"))

    @admin.display(description=gettext_lazy("people"), ordering="people")
    def people_count(self, session: RoomSession) -> int:
        return int(session.people)  # type: ignore[attr-defined] # annotated above
