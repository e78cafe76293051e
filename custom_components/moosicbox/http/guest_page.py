"""The guest page: public, with a content security policy that allows the integration's own files only."""

from typing import Final

from aiohttp import hdrs, web
from homeassistant.components.http import HomeAssistantView

from ..const import NAME
from ..engine.api import GUEST_PAGE_PATH
from .panel import STATIC_URL

PAGE_URL: Final = GUEST_PAGE_PATH.removesuffix("#")
ICON: Final = f"{STATIC_URL}/guest-page/icon.svg"

PAGE: Final = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<title>{NAME}</title>
<link rel="icon" href="{ICON}" type="image/svg+xml">
<link rel="manifest" href="{PAGE_URL}manifest.webmanifest">
<link rel="stylesheet" href="{STATIC_URL}/guest-page/guest-page.css">
<script type="module" src="{STATIC_URL}/guest-page/guest-page.js"></script>
</head>
<body><moosicbox-guest-page></moosicbox-guest-page></body>
</html>
"""
MANIFEST: Final = {
    "name": f"{NAME} guests",
    "short_name": NAME,
    "start_url": PAGE_URL,
    "scope": PAGE_URL,
    "display": "standalone",
    "background_color": "#111214",
    "theme_color": "#111214",
    "icons": [{"src": ICON, "type": "image/svg+xml", "sizes": "any", "purpose": "any"}],
}
HEADERS: Final = {
    # Media may come from any host, such as radio stations; everything else is the integration's own.
    hdrs.CONTENT_SECURITY_POLICY: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "media-src 'self' http: https:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    # The page names files of one version of the integration.
    hdrs.CACHE_CONTROL: "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class GuestPageView(HomeAssistantView):
    """The page. The invite is in the fragment of its URL, which browsers don't send."""

    url = PAGE_URL
    name = "moosicbox:guest-page"
    requires_auth = False

    async def get(self, _request: web.Request) -> web.Response:
        """Answer with the page."""
        return web.Response(text=PAGE, content_type="text/html", headers=HEADERS)


class GuestManifestView(HomeAssistantView):
    """The manifest for installing the page on a phone."""

    url = f"{PAGE_URL}manifest.webmanifest"
    name = "moosicbox:guest-page-manifest"
    requires_auth = False

    async def get(self, _request: web.Request) -> web.Response:
        """Answer with the manifest."""
        return web.json_response(MANIFEST, content_type="application/manifest+json", headers=HEADERS)


GUEST_VIEWS: Final = (GuestPageView, GuestManifestView)
