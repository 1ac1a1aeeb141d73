"""One listening socket, and the server on it until somebody ends it."""

from __future__ import annotations

import contextlib
import ipaddress
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import uvicorn

from whyburn.errors import WhyburnError
from whyburn.web.app import hosts_of, make_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from whyburn.web.keeper import Keeper

_GRACE_SECONDS = 1


class AddressError(WhyburnError):
    """The address cannot be listened on."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on this host."""
    if host.lower() == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. `AddressError` when the port is taken or not ours to take."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen()
    except (OSError, OverflowError) as error:
        found.close()
        why = getattr(error, "strerror", None) or error
        raise AddressError(f"{host}:{port} cannot be listened on ({why}): --port 0 takes a free port") from None
    return found


def url_of(host: str, listening: socket.socket) -> str:
    """The address to open in a browser."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}/"


def serve(keeper: Keeper, listening: socket.socket, *, host: str, announce: Callable[[], None]) -> None:
    """Answer requests until SIGINT or SIGTERM; then finish what is under way, for a second at most.

    `announce` says where: it is called when both signals already mean the end.
    """
    port = listening.getsockname()[1]
    with ThreadPoolExecutor(1, thread_name_prefix="keeper") as pool:
        app = make_app(keeper, pool, hosts=hosts_of(host, port), any_address=not is_loopback(host))
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, server_header=False, timeout_graceful_shutdown=_GRACE_SECONDS
        )
        server = uvicorn.Server(config)
        with _ending(server):
            announce()
            server.run(sockets=[listening])
        pool.submit(keeper.close).result()


@contextlib.contextmanager
def _ending(server: uvicorn.Server) -> Iterator[None]:
    """Both signals end the server, whenever they come: before it runs too, and when uvicorn raises them again."""

    def end(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
