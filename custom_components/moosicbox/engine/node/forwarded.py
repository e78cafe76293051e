"""The client's address behind load balancers, by `X-Forwarded-For`."""

from ipaddress import IPv4Network, IPv6Network, ip_address

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

type Network = IPv4Network | IPv6Network


def forwarded_middleware(trusted: tuple[Network, ...]) -> Middleware:
    """Return a middleware that sets `request.remote` to the client's address, if trusted proxies forwarded the request."""

    def is_trusted(address: str) -> bool:
        return any(ip_address(address) in network for network in trusted)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        header = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, ()))
        if not header or not request.remote or not is_trusted(request.remote):
            return await handler(request)
        # Each proxy appends the address of its peer: the last address that isn't a trusted proxy's is the client's.
        hops = [hop.strip() for hop in header.split(",")]
        try:
            client = next((hop for hop in reversed(hops) if not is_trusted(hop)), hops[0])
        except ValueError as error:
            raise web.HTTPBadRequest from error
        return await handler(request.clone(remote=client))

    return middleware
