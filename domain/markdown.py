"""Markdown read as a document of passages: by its headings, each of a size that can be shown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LARGEST_PASSAGE = 4000
LARGEST_DOCUMENT = 2_000_000
MOST_PASSAGES = 500
LONGEST_TITLE = 300
ENDS = ("\n\n", "\n", " ")
FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
HEADING = re.compile(r"(#{1,6})[ \t]+(.+?)[ \t]*#*")
FENCE = re.compile(r"[ \t]{0,3}(```|~~~)")
TAG = re.compile(r"</?(?:details|summary|br|p|div|span|b|i|em|strong|sup|sub|kbd|img|a)\b[^>]*>|<!--.*?-->", re.DOTALL)
SHORTCODE = re.compile(r"\{\{[<%].*?[>%]\}\}")


@dataclass(frozen=True, slots=True)
class Passage:
    """`heading` is that of the section it is from, with those above it; empty before the first."""

    heading: str
    body: str


@dataclass(frozen=True, slots=True)
class Page:
    """`front` is what stands between the two lines of `---` at its top, as simple pairs."""

    title: str
    front: dict[str, str]
    passages: tuple[Passage, ...]


def read(text: str, name: str) -> Page:
    """The page; its title is its first heading of the first level, else the front matter's, else `name`."""
    front, body = fronted(text.replace("\r\n", "\n").replace("\x00", ""))
    sections = list(split(body))
    tops = [section.title for section in sections if section.level == 1]
    title = (tops[0] if tops else front.get("title") or name)[:LONGEST_TITLE]
    return Page(title, front, tuple(passages(sections, title))[:MOST_PASSAGES])


def fronted(text: str) -> tuple[dict[str, str], str]:
    """The pairs at the top (`key: value` lines alone, not all that YAML can say), and the rest."""
    found = FRONT.match(text)
    if not found:
        return {}, text
    pairs = (line.partition(":") for line in (found[1] or "").splitlines() if not line.startswith((" ", "#", "-")))
    return {key.strip(): value.strip().strip("\"'") for key, colon, value in pairs if colon}, text[found.end() :]


@dataclass(slots=True)
class Section:
    level: int
    title: str
    lines: list[str]


def split(text: str) -> Iterator[Section]:
    """Sections in order; what looks like a heading within a fence is none."""
    section, fence = Section(0, "", []), ""
    for line in text.split("\n"):
        if mark := FENCE.match(line):
            fence = "" if fence == mark[1] else fence or mark[1]
        heading = None if fence else HEADING.fullmatch(line)
        if heading:
            yield section
            section = Section(len(heading[1]), plain(heading[2]), [])
        else:
            section.lines.append(line)
    yield section


def passages(sections: list[Section], title: str) -> Iterator[Passage]:
    above: list[Section] = []
    for section in sections:
        above = [*(one for one in above if one.level < section.level), section]
        heading = " / ".join(one.title for one in above if one.title and one.title != title)[:LONGEST_TITLE]
        for body in bodies(plain("\n".join(section.lines))):
            yield Passage(heading, body)


def plain(text: str) -> str:
    """Without the tags and shortcodes that say nothing by themselves."""
    return SHORTCODE.sub("", TAG.sub("", text)).strip()


def bodies(text: str) -> Iterator[str]:
    """The text in parts that are not too long, cut between paragraphs where there are some, else between lines."""
    while len(text) > LARGEST_PASSAGE:
        places = (text.rfind(end, LARGEST_PASSAGE // 2, LARGEST_PASSAGE) for end in ENDS)
        cut = next((place for place in places if place > 0), LARGEST_PASSAGE)
        yield text[:cut].strip()
        text = text[cut:].strip()
    if text:
        yield text
