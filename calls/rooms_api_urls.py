"""Addresses below /api/v1/rooms/, without a slash at the end."""

from __future__ import annotations

from django.urls import path

from calls.api import chats, rooms

urlpatterns = [
    path("<str:room_id>", rooms.RoomView.as_view(), name="api-room"),
    path("<str:room_id>/start", rooms.StartView.as_view(), name="api-start-room"),
    path("<str:room_id>/status", rooms.StatusView.as_view(), name="api-room-status"),
    path("<str:room_id>/join", rooms.JoinView.as_view(), name="api-join-room"),
    path("<str:room_id>/leave", rooms.LeaveView.as_view(), name="api-leave-room"),
    path("<str:room_id>/members", rooms.MembersView.as_view(), name="api-room-members"),
    path("<str:room_id>/messages", chats.MessagesView.as_view(), name="api-messages"),
    path("<str:room_id>/files", chats.FilesView.as_view(), name="api-files"),
    path("<str:room_id>/files/<str:file_id>", chats.FileView.as_view(), name="api-file"),
]
