"""The addresses that Home Assistant's web server answers for us. A view can't be taken away: without an entry it says 503."""

from aiohttp import hdrs, web
from homeassistant.components.http import KEY_HASS, HomeAssistantView

from .engine.transport.endpoint import RETRY_AFTER
from .models import DATA_LOADED, MoosicBoxData


def loaded(request: web.Request) -> MoosicBoxData:
    """The loaded entry's data; 503 while there is none."""
    if (data := request.app[KEY_HASS].data.get(DATA_LOADED)) is None:
        raise web.HTTPServiceUnavailable(headers={hdrs.RETRY_AFTER: RETRY_AFTER})
    return data


class WebSocketView(HomeAssistantView):
    """Where clients connect. They authenticate within the connection, as with Home Assistant's own."""

    url = "/api/moosicbox/ws"
    name = "api:moosicbox:ws"
    requires_auth = False

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Upgrade to a WebSocket."""
        return await loaded(request).endpoint.serve(request)


class ArtworkView(HomeAssistantView):
    """Pictures of tracks. The address can't be guessed: `img` elements can't show a token."""

    url = "/api/moosicbox/artwork/{artwork_id}"
    name = "api:moosicbox:artwork"
    requires_auth = False

    async def get(self, request: web.Request, artwork_id: str) -> web.Response:
        """One picture."""
        if (picture := await loaded(request).media.async_artwork(artwork_id)) is None:
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
