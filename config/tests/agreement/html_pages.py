"""Figures and tables of a page, read as a reader sees them."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

LINK_ID = re.compile(r"/(?:parks|rides)/(\d+)")


@dataclass
class Cell:
    text: str = ""
    link: str = ""  # the first one in it
    label: str = ""  # the words of a picture in it

    @property
    def words(self) -> str:
        return " ".join(self.text.split())

    @property
    def id(self) -> int:
        """Of the park or ride that it links to."""
        found = LINK_ID.search(self.link)
        assert found is not None, self
        return int(found.group(1))


@dataclass
class Grid:
    caption: str = ""
    head: list[Cell] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)

    def records(self) -> list[dict[str, Cell]]:
        """The rows by the first words of each heading, without its unit."""
        return [dict(zip([cell.words for cell in self.head], row, strict=False)) for row in self.rows]


@dataclass
class Page:
    figures: dict[str, str] = field(default_factory=dict)  # of the list of this class, by their terms
    tables: list[Grid] = field(default_factory=list)
    text: str = ""

    def table(self, caption: str) -> Grid | None:
        return next((grid for grid in self.tables if grid.caption.startswith(caption)), None)


class Reader(HTMLParser):
    """Units in <small>, and what only screen readers hear (class hidden), are no part of a cell."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.cell: Cell | None = None
        self.term = ""
        self.silent = 0
        self.is_about_figures = False
        self.stack: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_hidden = tag != "caption" and "hidden" in (given.get("class") or "").split()
        is_silent = is_hidden or tag in ("small", "script", "style")
        if tag not in ("br", "img", "input", "link", "meta", "rect", "path", "hr"):
            self.stack.append((tag, is_silent))
            self.silent += is_silent
        if tag == "dl":
            self.is_about_figures = "figures" in (given.get("class") or "").split()
        if tag == "table":
            self.page.tables.append(Grid())
        elif tag == "tr" and self.page.tables:
            self.page.tables[-1].rows.append([])
        elif tag in ("td", "th", "dt", "dd", "caption"):
            self.cell = Cell()
        elif tag == "svg" and self.cell is not None:
            self.cell.label = given.get("aria-label") or ""
        elif tag == "a" and self.cell is not None:
            self.cell.link = self.cell.link or given.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        while self.stack:
            opened, was_silent = self.stack.pop()
            self.silent -= was_silent
            if opened == tag:
                break
        if self.cell is None or tag not in ("td", "th", "dt", "dd", "caption"):
            return
        cell, self.cell = self.cell, None
        if tag == "dt":
            self.term = cell.words
        elif tag == "dd" and self.is_about_figures:
            self.page.figures[self.term] = cell.words
        elif tag == "dd":
            pass
        elif tag == "caption":
            self.page.tables[-1].caption = cell.words
        else:
            self.page.tables[-1].rows[-1].append(cell)

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        self.page.text += data
        if self.cell is not None:
            self.cell.text += data


def page_of(html: str) -> Page:
    reader = Reader()
    reader.feed(html)
    for grid in reader.page.tables:
        if grid.rows:
            grid.head = grid.rows.pop(0)
    return reader.page
