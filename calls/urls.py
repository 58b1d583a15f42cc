"""Pages of customers and of agents."""

from __future__ import annotations

from django.urls import path

from calls.views import customer, desk, poster, rooms

app_name = "calls"
urlpatterns = [
    path("p/<str:code>/", customer.place, name="place"),
    path("call/<str:token>/", customer.call, name="call"),
    path("desk/", desk.desk, name="desk"),
    path("desk/token", desk.desk_token, name="desk-token"),
    path("rooms/", rooms.room_list, name="rooms"),
    path("rooms/<uuid:room_id>/", rooms.room, name="room"),
    path("places/<int:place_id>/poster/", poster.poster, name="poster"),
]
