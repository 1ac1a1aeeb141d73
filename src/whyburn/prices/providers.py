"""Who sells: from the provider ids that harnesses write to the providers of the price tables.

The table is closed. A provider that is not in it has no price, because a gateway's price is not its lab's: `openai`,
`azure` and `github-copilot` sell the same model at three prices, and a sign-in such as `openai-codex` sells no tokens
at all. Whoever wants two of them equal says so in `[costing.provider_aliases]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LABS = (
    "anthropic", "openai", "google", "xai", "deepseek", "zai", "moonshotai", "mistral", "alibaba", "minimax", "meta",
    "xiaomi", "cohere", "stepfun-ai", "cursor", "cognition",
)  # fmt: skip
"""Providers that sell their own models, in no order: an id that two of them list is nobody's."""

_SAME: Mapping[str, str] = {
    "gemini": "google",
    "google-ai-studio": "google",
    "google-genai": "google",
    "x-ai": "xai",
    "z-ai": "zai",
    "z.ai": "zai",
    "zhipu": "zhipuai",
    "bigmodel": "zhipuai",
    "moonshot": "moonshotai",
    "moonshot-ai": "moonshotai",
    "mistralai": "mistral",
    "qwen": "alibaba",
    "dashscope": "alibaba",
    "alibaba-cloud": "alibaba",
    "meta-llama": "meta",
    "llama": "meta",
    "aws": "amazon-bedrock",
    "aws-bedrock": "amazon-bedrock",
    "bedrock": "amazon-bedrock",
    "vertex": "google-vertex",
    "vertexai": "google-vertex",
    "vertex-ai": "google-vertex",
    "vertex_ai": "google-vertex",
    "google-vertex-ai": "google-vertex",
    "anthropic-vertex": "google-vertex-anthropic",
    "azure-openai": "azure",
    "azure-cognitive-services": "azure",
    "copilot": "github-copilot",
    "github": "github-copilot",
    "github-models": "github-models",
    "opencode-zen": "opencode",
    "fireworks": "fireworks-ai",
    "together": "togetherai",
    "together-ai": "togetherai",
    "novita": "novita-ai",
    "stepfun": "stepfun-ai",
}
"""Other spellings of the same seller."""

MISSING = frozenset({"", "unknown", "none", "null"})
"""What stands where no provider was recorded."""


def clean(provider: str | None) -> str:
    """The log's provider id in small letters, empty when none was recorded."""
    name = (provider or "").strip().lower()
    return "" if name in MISSING else name


def seller(provider: str) -> str:
    """The price provider of a cleaned log provider; the word itself when it has no other spelling."""
    return _SAME.get(provider, provider)


def resolve_alias(provider: str, aliases: Mapping[str, str]) -> str:
    """Follow the user's provider aliases, chains included; a cycle ends where it began to repeat."""
    seen = {provider}
    while (target := aliases.get(provider)) is not None:
        provider = target.strip().lower()
        if provider in seen:
            break
        seen.add(provider)
    return provider
