"""The server's answers. It reads; there is nothing that a request could change.

A path is looked up among the pages of the site and never joined to a folder, so there is nowhere to climb to. Who asks
under another name than ours is refused before anything is looked up: a page from elsewhere whose name was pointed at
this machine gets nothing. Every answer may be kept, framed and sniffed by nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from whyburn.api.postmortem import site
from whyburn.web.live import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection
    from concurrent.futures import Executor

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from whyburn.web.keeper import Keeper

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "x-frame-options": "DENY", "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}  # fmt: skip
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The policy of what is no page."""


def make_app(keeper: Keeper, pool: Executor, *, hosts: Collection[str], any_address: bool = False) -> ASGIApp:
    """The application. The keeper works in `pool`, which has one thread; `hosts` are the names we answer to.

    `any_address` also answers to any bare address: for a server that was told to listen to other machines.
    """

    async def ask(work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(pool, work, *arguments)

    async def page(request: Request) -> Response:
        name = request.path_params["path"] or site.INDEX
        found = await ask(keeper.page, name)
        if found is None:
            return PlainTextResponse("no such page\n", 404)
        mark, text = found
        if name == site.DATA:
            return Response(text, media_type="application/json")
        out = served(text, mark)
        return Response(out.text, media_type="text/html", headers={"content-security-policy": out.policy})

    async def mark(request: Request) -> Response:
        found = await ask(keeper.mark, request.query_params.get("page", "/").lstrip("/") or site.INDEX)
        return JSONResponse({"mark": found}, 200 if found is not None else 404)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        """Pages that nobody has asked for yet are made meanwhile, so that the folder is a whole site in the end."""

        async def make_all() -> None:
            for name in keeper.names():
                await ask(keeper.page, name)

        making = asyncio.create_task(make_all())
        yield
        making.cancel()

    routes = [Route("/mark", mark, methods=["GET"]), Route("/{path:path}", page, methods=["GET"])]
    return _Guard(Starlette(routes=routes, lifespan=lifespan), hosts=frozenset(hosts), any_address=any_address)


class _Guard:
    """Checks who is asked for, and adds the headers of every answer."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], any_address: bool) -> None:
        self._app, self._hosts, self._any_address = app, hosts, any_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._headers(message["headers"])
            await send(message)

        asked = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(asked) == 1 and self._answers_to(asked[0]):
            await self._app(scope, receive, sent)
        else:
            await PlainTextResponse("this server is not called that\n", 421)(scope, receive, sent)

    def _answers_to(self, host: str) -> bool:
        return host.lower() in self._hosts or (self._any_address and _is_address(host))

    def _headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        more = _HEADERS if any(name == b"content-security-policy" for name, _ in headers) else {
            **_HEADERS, "content-security-policy": _NOTHING}  # fmt: skip
        return [*headers, *((name.encode(), value.encode()) for name, value in more.items())]


def hosts_of(host: str, port: int) -> set[str]:
    """What a request may call a server on this host and port."""
    names = {*LOOPBACK, f"[{host}]" if ":" in host else host.lower()}
    return {f"{name}:{port}" for name in names} | (names if port == 80 else set())


def _is_address(host: str) -> bool:
    """Whether a Host header is a bare address, which no foreign page can have pointed at us."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False
