"""What can be asked about the investigations that were made before."""

import re

from agents.rules.revive import values
from agents.rules.revive.intents.shape import Intent
from agents.rules.revive.said import Said

UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


def uid(said: Said) -> str | None:
    """The id that is written."""
    match = UUID.search(said.clause.restore(said.text))
    return match[0].casefold() if match else None


INTENTS = (
    Intent(
        name="get_sift_analysis",
        mode="grafana",
        tool="get_sift_analysis",
        cues=("+read sift",),
        reads={"uid": uid},
        takes=("investigation_id=uid",),
        in_either=True,
        about="investigation {uid}",
    ),
    Intent(
        name="list_sift_investigations",
        mode="grafana",
        tool="list_sift_investigations",
        cues=("read sift",),
        reads={"limit": values.limit},
        takes=("limit",),
        in_either=True,
        about="investigations made before",
        extras=(", newest {limit}",),
    ),
)
