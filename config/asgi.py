"""HTTP and WebSocket, composed. The origin check is the socket's: it refuses with a close code a page can read."""

from __future__ import annotations

import gc
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - Django must be set up first
from django.conf import settings  # noqa: E402

from calls.sockets.routing import websocket_urlpatterns  # noqa: E402
from config.helpers.frames import limit_frames  # noqa: E402
from config.helpers.lean_frames import use_lean_frames  # noqa: E402

# A message that is only somewhat too large is answered; one that could fill the memory is cut off.
limit_frames(4 * settings.SOCKET_MESSAGE_BYTES)
use_lean_frames()
# Threads read rows while the loop hands signals on: it waits for one of them half a millisecond and not five.
sys.setswitchinterval(0.0005)

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": URLRouter(websocket_urlpatterns),
    }
)

# What is loaded by now stays: looking through all of it for garbage would stop the loop for tenths of a second.
gc.collect()
gc.freeze()
