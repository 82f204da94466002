"""Which way of sending a process takes."""

from urllib.request import getproxies

from heliograph.delivery.send.transport import Transport


def make_transport(
    *, proxy_from_environment: bool = False, ca_file: str | None = None
) -> Transport:
    """Return a transport of its own connections. Needs a running event loop.

    Args:
        proxy_from_environment: send through the proxies of HTTP_PROXY, HTTPS_PROXY and NO_PROXY, if any are
            set; aiohttp does that.
        ca_file: certificates (PEM) that are trusted beside the system's.
    """
    if proxy_from_environment and getproxies():
        from heliograph.delivery.send.aiohttp_transport import AiohttpTransport

        return AiohttpTransport(proxy_from_environment=True, ca_file=ca_file)
    from heliograph.delivery.send.client import HttpTransport

    return HttpTransport(ca_file=ca_file)
