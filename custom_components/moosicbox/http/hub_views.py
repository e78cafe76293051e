"""Views for clients of the hub. A view can't be unregistered: it answers 503 while no entry is loaded."""

from collections.abc import Coroutine
import inspect
from typing import Any, Final

from aiohttp import hdrs, web
from homeassistant.components.http import KEY_AUTHENTICATED, KEY_HASS, HomeAssistantView

from ..engine.api import RETRY_SECONDS, WITH_PICTURES, HubError, error_response, requested_size
from ..models import MoosicBoxData, async_loaded_data


def loaded_data(request: web.Request) -> MoosicBoxData:
    """Return the loaded entry's data; raise HTTPServiceUnavailable if no entry is loaded."""
    if (data := async_loaded_data(request.app[KEY_HASS])) is None:
        raise web.HTTPServiceUnavailable(headers={hdrs.RETRY_AFTER: str(RETRY_SECONDS)})
    return data


class WebSocketView(HomeAssistantView):
    """The hub's WebSocket. Clients authenticate by its first message, as with Home Assistant's own."""

    url = "/api/moosicbox/ws"
    name = "api:moosicbox:ws"
    requires_auth = False

    # It returns the endpoint's coroutine directly: wrapping it would cost 300 bytes for each connection.
    @inspect.markcoroutinefunction
    def get(self, request: web.Request) -> Coroutine[Any, Any, web.StreamResponse]:
        """Upgrade to a WebSocket."""
        return loaded_data(request).endpoint.serve(request)


class ReadyView(HomeAssistantView):
    """The readiness check for load balancers. Its answer has no body."""

    url = "/api/moosicbox/ready"
    name = "api:moosicbox:ready"
    requires_auth = False

    async def get(self, request: web.Request) -> web.Response:
        """Answer 200 while the hub accepts clients, else 503."""
        return web.Response(status=200 if loaded_data(request).endpoint.ready else 503)

    head = get


class SessionsView(HomeAssistantView):
    """The sessions of clients that poll."""

    url = "/api/moosicbox/sessions"
    name = "api:moosicbox:sessions"
    requires_auth = False

    async def post(self, request: web.Request) -> web.Response:
        """Open or resume a session."""
        return await loaded_data(request).endpoint.polling.open(request)


class SessionView(HomeAssistantView):
    """One session of a client that polls; the endpoint checks the session's secret."""

    url = "/api/moosicbox/sessions/{session_id}"
    name = "api:moosicbox:session"
    requires_auth = False

    async def delete(self, request: web.Request, session_id: str) -> web.Response:
        """End the session."""
        return await loaded_data(request).endpoint.polling.end(request, session_id)


class SessionMessagesView(HomeAssistantView):
    """The messages of a client that polls."""

    url = "/api/moosicbox/sessions/{session_id}/messages"
    name = "api:moosicbox:session-messages"
    requires_auth = False

    async def get(self, request: web.Request, session_id: str) -> web.Response:
        """Answer with the client's messages; wait if there are none."""
        return await loaded_data(request).endpoint.polling.fetch(request, session_id)

    async def post(self, request: web.Request, session_id: str) -> web.Response:
        """Execute the client's messages."""
        return await loaded_data(request).endpoint.polling.send(request, session_id)


class TrackView(HomeAssistantView):
    """The streams of tracks, for authenticated requests and for signed URLs."""

    url = "/api/moosicbox/tracks/{track_id}/stream"
    name = "api:moosicbox:track"
    requires_auth = False

    async def get(self, request: web.Request, track_id: str) -> web.StreamResponse:
        """Answer with a track, or with the requested range of it."""
        data = loaded_data(request)
        try:
            if not request[KEY_AUTHENTICATED]:
                data.streams.check(request, track_id)
            if "origin" in request.query and (shared_stations := data.hub.shared_stations) is not None:
                return await shared_stations.respond(request, track_id)
            return await data.streams.respond(request, track_id, request.query.get("format"))
        except HubError as error:
            return error_response(error)

    head = get


class ArtworkView(HomeAssistantView):
    """Artwork. Its URL contains an unguessable id, because `img` elements can't send a token."""

    url = "/api/moosicbox/artwork/{artwork_id}"
    name = "api:moosicbox:artwork"
    requires_auth = False

    async def get(self, request: web.Request, artwork_id: str) -> web.StreamResponse:
        """Answer with a picture, scaled down to about `size` pixels if the query asks for it."""
        data = loaded_data(request)
        if (id_ := data.library.seal.verify_artwork(artwork_id)) is None:
            raise web.HTTPNotFound
        try:
            if id_.startswith(WITH_PICTURES):
                return await data.artwork.respond(request, id_, requested_size(request))
            picture = await data.media.async_picture(id_)
        except HubError as error:
            return error_response(error)
        if picture is None:
            raise web.HTTPNotFound
        return web.Response(
            body=picture.data,
            content_type=picture.mime_type,
            headers={
                hdrs.CACHE_CONTROL: "private, max-age=86400",
                hdrs.CONTENT_SECURITY_POLICY: "default-src 'none'",
                "X-Content-Type-Options": "nosniff",
            },
        )


VIEWS: Final = (WebSocketView, ReadyView, SessionsView, SessionView, SessionMessagesView, TrackView, ArtworkView)
