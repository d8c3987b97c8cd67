"""The small parts of the rules brain: words, slots, phrases and the table of intents."""

from zoneinfo import ZoneInfo

import pytest

from agents.rules import lexicon, phrases, slots, spelling, text, words
from agents.rules.index import build
from agents.rules.intents import choose, inquiry
from agents.rules.intents.shape import Intent
from agents.rules.slots import Slots
from domain.names import Names
from tests.agents.rules_world import NAMES, NOW, UTTERANCES, plainly, understood, window

LEXICON = lexicon.load()
INDEX = build(NAMES, LEXICON.words.generic)
UTC, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")


def test_a_text_knows_which_tokens_begin_and_end_a_written_word() -> None:
    read = text.read("Was foo-bar's API up, e.g. on checkout_worker?")
    assert [(token.word, token.starts, token.ends) for token in read.tokens] == [
        ("was", True, True),
        ("foo", True, False),
        ("bar", False, True),
        ("api", True, True),
        ("up", True, True),
        ("e", True, False),
        ("g", False, True),
        ("on", True, True),
        ("checkout", True, False),
        ("worker", False, True),
    ]
    assert read.written(1, 3) == "foo-bar"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("critical", ("critical",)),
        ("critical and warning", ("critical", "warning")),
        ("warning and above", ("critical", "warning")),
        ("at least info", ("critical", "warning", "info")),
        ("not info", ("critical", "warning")),
        ("non-critical", ("warning", "info")),
        ("P1", ("critical",)),
        ("sev2 or worse", ("critical", "warning")),
        ("give me info on checkout", ()),
        ("nothing", ()),
    ],
)
def test_severities_are_read_with_their_operators(written: str, expected: tuple[str, ...]) -> None:
    assert words.severities(text.read(written), LEXICON) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("top 5", 5),
        ("the 3 noisiest", 3),
        ("last ten incidents", 10),
        ("top 9999", 500),
        ("top", None),
        ("last 0", None),
    ],
)
def test_how_many_are_asked_for(written: str, expected: int | None) -> None:
    assert words.limit(text.read(written), LEXICON) == expected


@pytest.mark.parametrize("written", ["INC-12", "inc 12", "incident 12", "incident number 12", "incident #12", "#12"])
def test_an_incident_is_known_by_its_number(written: str) -> None:
    assert words.incident(text.read(f"timeline of {written}")) == "INC-12"


def test_words_in_quotes_are_taken_as_they_stand_and_an_apostrophe_is_no_quote() -> None:
    assert words.quoted(text.read("errors with 'connection pool' today")) == "connection pool"
    assert words.quoted(text.read('"alert fatigue"')) == "alert fatigue"
    assert words.quoted(text.read("what's checkout's and orders' state")) == ""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("incidnets yesterdey", "incidents yesterday"),
        ("alrets on chekout", "alerts on chekout"),
        ("errors with 'alrets'", "errors with 'alrets'"),
        ("alerts on incidnet-api", "alerts on incidnet-api"),
        ("critical alerts", "critical alerts"),
    ],
)
def test_only_slips_in_the_lexicons_own_words_are_put_right(written: str, expected: str) -> None:
    assert spelling.corrected(written, LEXICON, INDEX) == expected


async def test_slots_kept_as_json_are_the_same_slots() -> None:
    for row in UTTERANCES["question"]:
        kept = (await understood(row["text"])).slots
        again = slots.from_json(kept)
        assert again is not None
        assert again.as_json() == kept


def test_json_of_another_shape_is_no_slots() -> None:
    assert slots.from_json({"periods": "yesterday"}) is None
    assert slots.from_json({}) == Slots()


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.25, "0.25 s"), (2.4, "2.4 s"), (43, "43 s"), (59.6, "1 min"), (2580, "43 min"), (3599, "1 h"),
        (4320, "1 h 12 min"),
        (7200, "2 h"), (86_400, "1 d"), (187_200, "2 d 4 h"), (90 * 86_400, "90 d"), (400 * 86_400 + 3600, "400 d"),
    ],
)  # fmt: skip
def test_a_duration_is_said_as_a_person_would(seconds: float, expected: str) -> None:
    assert plainly(phrases.duration(seconds)) == expected


@pytest.mark.parametrize(
    ("start", "end", "zone", "expected"),
    [
        ("2026-11-19T00:00:00+00:00", "2026-11-20T00:00:00+00:00", UTC, "Thu 19 Nov 2026 UTC"),
        ("2026-11-09T00:00:00+00:00", "2026-11-16T00:00:00+00:00", UTC, "9–15 Nov 2026 UTC"),
        ("2026-10-26T00:00:00+00:00", "2026-11-02T00:00:00+00:00", UTC, "26 Oct – 1 Nov 2026 UTC"),
        ("2025-12-29T00:00:00+00:00", "2026-01-05T00:00:00+00:00", UTC, "29 Dec 2025 – 4 Jan 2026 UTC"),
        ("2026-10-01T00:00:00+00:00", "2026-11-01T00:00:00+00:00", UTC, "Oct 2026 UTC"),
        ("2026-07-01T00:00:00+00:00", "2026-10-01T00:00:00+00:00", UTC, "Jul–Sep 2026 UTC"),
        ("2026-11-20T09:00:00+00:00", "2026-11-20T12:00:00+00:00", UTC, "20 Nov 2026, 09:00–12:00 UTC"),
        ("2026-11-19T12:00:00+00:00", "2026-11-20T12:00:00+00:00", UTC, "19 Nov, 12:00 – 20 Nov 2026, 12:00 UTC"),
        ("2026-11-18T23:00:00+00:00", "2026-11-19T23:00:00+00:00", BERLIN, "Thu 19 Nov 2026 (Europe/Berlin)"),
        ("2026-11-18T23:00:00+00:00", "2026-11-19T23:00:00+00:00", UTC, "18 Nov, 23:00 – 19 Nov 2026, 23:00 UTC"),
        ("2000-01-01T00:00:00+00:00", "2026-11-20T12:00:00+00:00", UTC, "all time"),
    ],
)
def test_a_window_is_said_as_short_as_it_can_be_exactly(start: str, end: str, zone: ZoneInfo, expected: str) -> None:
    assert plainly(phrases.window(window(start, end), zone)) == expected


def test_numbers_keep_their_nouns_and_shares_their_sign() -> None:
    assert [phrases.count(number, "query") for number in (0, 1, 2)] == ["0 queries", "1 query", "2 queries"]
    assert [plainly(phrases.share(part, 1000)) for part in (0, 1, 110, 1000)] == ["0 %", "< 1 %", "11 %", "100 %"]
    assert [plainly(phrases.more(low, high)) for low, high in ((0, 5), (4, 5), (4, 12), (1, 250))] == [
        "",
        " (25 % more)",
        " (3 times as many)",
        " (250 times as many)",
    ]
    assert phrases.some(["a", "b", "c", "d", "e"], 3) == "a, b, c and 2 more"


def test_every_intent_can_be_chosen_and_every_query_can_be_planned_and_written() -> None:
    asked = {row["intent"] for row in UTTERANCES["question"]}
    names = [intent.name for intent in inquiry.INTENTS]
    assert len(names) == len(set(names))
    assert set(names) - asked == set(), "an intent without a row in utterances.toml"
    for intent in inquiry.INTENTS:
        is_planned = bool((intent.steps or intent.opening) and intent.write and intent.about)
        assert (intent.kind == "query") == is_planned != bool(intent.reply)


def test_a_cue_of_an_unknown_concept_is_refused_when_the_brain_is_built() -> None:
    with pytest.raises(KeyError, match="intent odd: no concept called"):
        choose.chooser((Intent(name="odd", cues=("alert flurb",)),), LEXICON.concepts)


def test_an_intent_is_added_by_adding_an_entry() -> None:
    added = Intent(name="rota", cues=("oncall alert",), kind="cannot", reply="Not yet.")
    chooser = choose.chooser((*inquiry.INTENTS, added), LEXICON.concepts)
    assert chooser.choose(Slots(concepts=("oncall", "alert"))) is added


def test_the_clock_of_the_tests_is_a_friday() -> None:
    assert f"{NOW:%A}" == "Friday"
    assert build(Names(), LEXICON.words.generic).services == ()
