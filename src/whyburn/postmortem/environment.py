"""Which kind of environment trouble the output of a failed command tells of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

EnvironmentKind = Literal["network", "permission", "version", "dependency", "config"]

_HINTS: Mapping[EnvironmentKind, str] = {
    "network": r"E(?:CONNREFUSED|CONNRESET|NOTFOUND|TIMEDOUT|AI_AGAIN|HOSTUNREACH)|could not resolve (?:host|proxy)"
    r"|connection (?:refused|reset|timed out)|network is unreachable|name resolution|getaddrinfo|no route to host"
    r"|max retries exceeded|certificate verify failed|tls handshake|no such host|failed to connect to",
    "permission": r"permission denied|EACCES|EPERM|operation not permitted|access (?:is )?denied"
    r"|read-only file system|not in the sudoers|authentication (?:failed|required)|40[13] (?:unauthorized|forbidden)",
    "version": r"EBADENGINE|unsupported engine|requires a different python|version mismatch"
    r"|incompatible (?:version|with)|requires (?:python|node|ruby|go|rustc?|java|npm)\W+(?:>|=|\^|~|v?\d|version).*"
    r"|unsupported (?:class file |major )*version|GLIBC(?:XX)?_[\d.]+' not found|compiled against a different"
    r"|is not supported by this version|rustc [\d.]+ is not supported",
    "dependency": r"no module named|ModuleNotFoundError|cannot find (?:module|package)|command not found|ERESOLVE"
    r"|could not find a version|no matching distribution|could not resolve dependenc(?:y|ies)|unmet peer dependency"
    r"|cannot open shared object file|is not recognized as an internal or external command|linker \S+ not found"
    r"|no required module provides package|can't find crate|unable to locate package|package \S+ was not found",
    "config": r"EADDRINUSE|address already in use"
    r"|missing (?:required )?(?:environment variable|config\w*|api key|credentials)"
    r"|environment variables? \S+ (?:is |are |was )?(?:not (?:set|found|defined)|required|missing)|is not configured"
    r"|(?:invalid|no|missing) configuration(?: file)?|config(?:uration)? file (?:was )?not found"
    r"|could not (?:load|find) (?:the )?(?:default )?(?:credentials|config)|no configuration file provided",
}
_PATTERNS = {kind: re.compile(rf"(?<![\w-])(?:{hints})(?![\w-])", re.IGNORECASE) for kind, hints in _HINTS.items()}
_ENDS = 16_384
"""Characters at either end of a text that are looked at."""


def environment_kind(text: str) -> EnvironmentKind | None:
    """What the environment lacks, by what a *failed* command printed; whether it failed is for the caller to know.

    Hints are whole words that tools print, never words like `proxy` or `timeout` alone. The order is that of causes: a
    package that is not found because a host is not, is a matter of the network.
    """
    ends = text if len(text) <= 2 * _ENDS else f"{text[:_ENDS]}\n{text[-_ENDS:]}"
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.search(ends)), None)
