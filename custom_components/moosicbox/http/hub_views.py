"""The addresses that Home Assistant's web server answers for us. A view can't be taken away: without an entry it says 503."""

from typing import Final

from aiohttp import hdrs, web
from homeassistant.components.http import KEY_AUTHENTICATED, KEY_HASS, HomeAssistantView

from ..engine.api import RETRY_SECONDS, WITH_PICTURES, HubError, error_response, size_asked
from ..models import DATA_LOADED, MoosicBoxData


def loaded(request: web.Request) -> MoosicBoxData:
    """The loaded entry's data; 503 while there is none."""
    if (data := request.app[KEY_HASS].data.get(DATA_LOADED)) is None:
        raise web.HTTPServiceUnavailable(headers={hdrs.RETRY_AFTER: str(RETRY_SECONDS)})
    return data


class WebSocketView(HomeAssistantView):
    """Where clients connect. They authenticate within the connection, as with Home Assistant's own."""

    url = "/api/moosicbox/ws"
    name = "api:moosicbox:ws"
    requires_auth = False

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Upgrade to a WebSocket."""
        return await loaded(request).endpoint.serve(request)


class ReadyView(HomeAssistantView):
    """Asked by load balancers: whether clients may come here. No more than that is told."""

    url = "/api/moosicbox/ready"
    name = "api:moosicbox:ready"
    requires_auth = False

    async def get(self, request: web.Request) -> web.Response:
        """200, or 503."""
        return web.Response(status=200 if loaded(request).endpoint.ready else 503)


class SessionsView(HomeAssistantView):
    """Where clients without WebSocket open a session."""

    url = "/api/moosicbox/sessions"
    name = "api:moosicbox:sessions"
    requires_auth = False

    async def post(self, request: web.Request) -> web.Response:
        """Open or resume a session."""
        return await loaded(request).endpoint.polling.open(request)


class SessionView(HomeAssistantView):
    """One session of a client that polls; its secret is asked for there, not here."""

    url = "/api/moosicbox/sessions/{session_id}"
    name = "api:moosicbox:session"
    requires_auth = False

    async def delete(self, request: web.Request, session_id: str) -> web.Response:
        """End the session."""
        return await loaded(request).endpoint.polling.end(request, session_id)


class SessionMessagesView(HomeAssistantView):
    """What such a client fetches and sends."""

    url = "/api/moosicbox/sessions/{session_id}/messages"
    name = "api:moosicbox:session-messages"
    requires_auth = False

    async def get(self, request: web.Request, session_id: str) -> web.Response:
        """Fetch messages, or wait for them."""
        return await loaded(request).endpoint.polling.fetch(request, session_id)

    async def post(self, request: web.Request, session_id: str) -> web.Response:
        """Send messages."""
        return await loaded(request).endpoint.polling.send(request, session_id)


class TrackView(HomeAssistantView):
    """The library's tracks, to whoever is logged in or has an address that we made."""

    url = "/api/moosicbox/tracks/{track_id}/stream"
    name = "api:moosicbox:track"
    requires_auth = False

    async def get(self, request: web.Request, track_id: str) -> web.StreamResponse:
        """A track, or a part of it."""
        data = loaded(request)
        try:
            if not request[KEY_AUTHENTICATED]:
                data.streams.check(request, track_id)
            return await data.streams.respond(request, track_id, request.query.get("format"))
        except HubError as error:
            return error_response(error)

    head = get


class ArtworkView(HomeAssistantView):
    """Pictures of tracks. The address can't be guessed: `img` elements can't show a token."""

    url = "/api/moosicbox/artwork/{artwork_id}"
    name = "api:moosicbox:artwork"
    requires_auth = False

    async def get(self, request: web.Request, artwork_id: str) -> web.StreamResponse:
        """One picture, on request about `size` pixels large."""
        data = loaded(request)
        if (id_ := data.library.seal.opened(artwork_id)) is None:
            raise web.HTTPNotFound
        if id_.startswith(WITH_PICTURES):
            return await data.artwork.respond(request, id_, size_asked(request))
        if (picture := await data.media.async_picture(id_)) is None:
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
