"""Pages of customers and of agents."""

from __future__ import annotations

from django.urls import path

from calls.views import customer, desk, listening, poster, rooms

app_name = "calls"
urlpatterns = [
    path("p/<str:code>/", customer.place, name="place"),
    path("call/<str:token>/", customer.call, name="call"),
    path("desk/", desk.desk, name="desk"),
    path("desk/token", desk.desk_token, name="desk-token"),
    path("overview/calls/<uuid:call_id>/", listening.listen, name="listen"),
    path("overview/calls/<uuid:call_id>/take-over/", listening.take_over, name="take-over"),
    path("rooms/", rooms.room_list, name="rooms"),
    path("rooms/<uuid:room_id>/", rooms.room, name="room"),
    path("places/<int:place_id>/poster/", poster.poster, name="poster"),
]
