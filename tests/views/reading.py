"""A page read back: its elements with attributes and texts, by the standard library's parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "link", "br", "input"})


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str]
    content: list[Element | str] = field(default_factory=list)
    """Texts and elements, in order."""
    parent: Element | None = None

    @property
    def classes(self) -> set[str]:
        """Its classes."""
        return set(self.attributes.get("class", "").split())

    @property
    def children(self) -> list[Element]:
        """The elements in it."""
        return [one for one in self.content if isinstance(one, Element)]

    @property
    def text(self) -> str:
        """All text in it."""
        return " ".join("".join(one if isinstance(one, str) else one.text for one in self.content).split())

    def all(self, tag: str = "", cls: str = "", **attributes: str) -> list[Element]:
        """Descendants with this tag, class and attributes, in no promised order."""
        found = [one for child in self.children for one in child.all(tag, cls, **attributes)]
        own = all(self.attributes.get(key) == value for key, value in attributes.items())
        if self.parent and (not tag or self.tag == tag) and (not cls or cls in self.classes) and own:
            found.append(self)
        return found

    def one(self, tag: str = "", cls: str = "", **attributes: str) -> Element:
        """The only such descendant."""
        (found,) = self.all(tag, cls, **attributes)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.at = self.root = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = Element(tag, {name: value or "" for name, value in attrs}, parent=self.at)
        self.at.content.append(one)
        if tag not in _VOID:
            self.at = one

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.content.append(data)


def read(html: str) -> Element:
    """The page; every element must be closed in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.at is reader.root, f"<{reader.at.tag}> is not closed"
    return reader.root
