"""Words that mean the same on call: those Trivium brings, and those that people put in their place."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from domain import audit
from domain.actors import Actor
from domain.audit import Entry
from domain.database import Connection
from domain.errors import NotFound, Refused

DEFAULTS = Path(__file__).with_name("synonyms.toml")
LONGEST_WORD = 60
MOST_MEANINGS = 20
WORD = re.compile(r"[^\W_]+(?: [^\W_]+){0,2}")


@dataclass(frozen=True, slots=True)
class Synonym:
    """Who asks with `word` is also given what has any of `means`; with none, nothing else."""

    word: str
    means: tuple[str, ...]
    is_own: bool


@cache
def brought() -> Mapping[str, tuple[str, ...]]:
    """Trivium's own."""
    return {word: tuple(means) for word, means in tomllib.loads(DEFAULTS.read_text(encoding="utf-8")).items()}


OWN = "select word, means from trivium.knowledge_synonyms order by word"


async def own(db: Connection) -> dict[str, tuple[str, ...]]:
    rows = await (await db.execute(OWN)).fetchall()
    return {row["word"]: tuple(row["means"]) for row in rows}


async def listed(db: Connection) -> list[Synonym]:
    """All that hold, by word."""
    people = await own(db)
    words = {**brought(), **people}
    return [Synonym(word, words[word], word in people) for word in sorted(words)]


async def current(db: Connection) -> Mapping[str, tuple[str, ...]]:
    return {**brought(), **await own(db)}


PUT = """
insert into trivium.knowledge_synonyms (word, means) values (%(word)s, %(means)s)
on conflict (word) do update set means = excluded.means, updated_at = now()
"""


async def put(db: Connection, actor: Actor, word: str, means: tuple[str, ...]) -> Synonym:
    """From now on the word means these too, in place of what it meant; on the audit log. In a transaction.

    Raises Refused for what is no word, or three at most.
    """
    made = Synonym(checked(word), tuple(dict.fromkeys(map(checked, means))), is_own=True)
    if len(made.means) > MOST_MEANINGS:
        raise Refused(f"At most {MOST_MEANINGS} meanings of one word are kept.", code="invalid_arguments")
    await db.execute(PUT, {"word": made.word, "means": list(made.means)})
    details = {"means": list(made.means)}
    await audit.append(db, actor, Entry(action="synonym_put", target=made.word, details=details))
    return made


def checked(word: str) -> str:
    clean = " ".join(word.lower().split())
    if len(clean) > LONGEST_WORD or not WORD.fullmatch(clean):
        raise Refused(f"{word!r} is not one to three words of letters and digits.", code="invalid_arguments")
    return clean


REMOVE = "delete from trivium.knowledge_synonyms where word = %(word)s returning word"


async def remove(db: Connection, actor: Actor, word: str) -> None:
    """What Trivium brings for the word holds again; on the audit log. In a transaction. Raises NotFound."""
    if await (await db.execute(REMOVE, {"word": checked(word)})).fetchone() is None:
        raise NotFound(f"Nobody has put synonyms for {word!r}.")
    await audit.append(db, actor, Entry(action="synonym_removed", target=checked(word), details={}))
