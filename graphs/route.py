"""Routing: the graph for a message whose sender names none, decided before a run begins and told with the reply."""

from dataclasses import dataclass, replace
from uuid import UUID

from agents.brain import Question
from agents.rules.routing import ASKING, Router
from graphs.asking import GraphName
from tools.spec import Pillar

GRAPHS: dict[Pillar, GraphName] = {
    Pillar.INQUIRY: "inquiry",
    Pillar.TROUBLESHOOTING: "troubleshooting",
    Pillar.REVIVE: "revive",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What decides besides the words: the graph that was asked for, that of the conversation that goes on, the alert
    that was named by its id, and the graphs that the sender's token reaches."""

    asked: GraphName | None = None
    session: GraphName | None = None
    alert: UUID | None = None
    reached: frozenset[str] = frozenset(GRAPHS.values())


@dataclass(frozen=True, slots=True)
class Route:
    graph: GraphName
    why: str


def picked(question: Question, signs: Signs, router: Router) -> Route:
    """The graph that was asked for, else the conversation's, else the alert's, else that of the words.

    A cause is asked of inquiry where the token does not reach troubleshooting: what is on record says something too. A
    change is never asked of another graph: whoever may not ask for it is told so.
    """
    if signs.asked:
        return Route(signs.asked, "it was asked for")
    if signs.session:
        return Route(signs.session, "the conversation is its own")
    if signs.alert:
        return Route("troubleshooting", "an alert is named")
    heard = router.heard(question)
    graph = GRAPHS[heard.pillar]
    if graph == "troubleshooting" and graph not in signs.reached and "inquiry" in signs.reached:
        return Route("inquiry", "the token does not reach troubleshooting")
    return Route(graph, heard.why)


def moved(question: Question, signs: Signs, router: Router) -> Route:
    """As `picked`, for a conversation that no pillar owns: words that are clearly another pillar's move it there.

    What is not clearly so stays: "and yesterday?", "why?" and the answer to a question asked back belong to what was
    said before.
    """
    if signs.asked or signs.session is None:
        return picked(question, signs, router)
    anew = picked(question, replace(signs, session=None), router)
    is_clear = anew.graph != "inquiry" or (signs.session == "revive" and ASKING.match(question.text) is not None)
    return anew if is_clear and anew.graph in signs.reached else picked(question, signs, router)
