"""Names in a question are those of the database, near ones are said to be, and unknown ones are never passed over."""

import pytest

from agents.rules import index, lexicon
from agents.rules.brain import RulesBrain
from domain.names import Names
from tests.agents.rules_world import question, understood

GENERIC = lexicon.load().words.generic


async def services(text: str, *names: str) -> list[str]:
    """The services read when exactly these exist."""
    found = await RulesBrain().understand(question(text, names=Names(version=1, services=tuple(sorted(names)))))
    return found.slots.get("services", [found.intent])


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("alerts on payments", ("payments", "payment-service"), ["payments"]),
        ("alerts on payment", ("payments", "payment-service"), ["payments"]),
        ("alerts on payment service", ("payment", "payments"), ["payment"]),
        ("alerts on checkout worker", ("checkout", "checkout-worker"), ["checkout-worker"]),
        ("alerts on checkout", ("checkout", "checkout-worker"), ["checkout"]),
        ("alerts on checkoutWorker", ("checkout", "checkout-worker"), ["checkout-worker"]),
        ("alerts on checkout-worker-eu", ("checkout", "checkout-worker"), ["unknown_name"]),
        ("alerts on worker", ("checkout-worker", "email-worker"), ["ask_back"]),
        (
            "alerts of the worker services",
            ("checkout-worker", "email-worker", "auth"),
            ["checkout-worker", "email-worker"],
        ),
        ("alerts on payment and checkout", ("payment-service", "checkout"), ["payment-service", "checkout"]),
        ("alerts on auth/checkout", ("auth", "checkout"), ["auth", "checkout"]),
        ("alerts on Redis", ("redis-primary",), ["redis-primary"]),
        ("alerts on redis", ("redis-primary", "redis-replica"), ["ask_back"]),
        ("alerts on q3-reports last week", ("q3-reports",), ["q3-reports"]),
        ("alerts on serach", ("search",), ["search"]),
        ("how many alerts did ordres have", ("orders",), ["orders"]),
        ("alerts on cart", ("chart",), ["chart"]),
        ("alerts on db", ("dc",), ["unknown_name"]),
        ("search for alerts", ("search",), []),
        ("search alerts", ("search",), ["search"]),
        ("search alerts on auth", ("search", "auth"), ["auth"]),
        ("search alerts on atuh", ("search", "auth"), ["auth"]),
        ("list alerts", ("list",), []),
        ("search healthy?", ("search",), ["search"]),
        ("show events of the events service", ("events",), ["events"]),
        ("events yesterday", ("events",), []),
        ("alerts in may", ("may-reports",), []),
        ("what is the order of alerts by severity", ("orders",), []),
        ("alerts on the login page", ("auth",), ["unknown_name"]),
        ("how many flurbo alerts last week", ("auth",), ["unknown_name"]),
        ("did flurbo have more alerts than auth", ("auth",), ["unknown_name"]),
        ("was a change pushed to auth", ("auth",), ["auth"]),
        ("alerts on api-v2", ("api-v1",), ["unknown_name"]),
        ("alerts on api-v2", ("api-v1", "api-v2"), ["api-v2"]),
        ("alerts on average per day", ("auth",), []),
    ],
)
async def test_a_service_is_found_however_it_is_written(text: str, names: tuple[str, ...], expected: list[str]) -> None:
    found = await services(text, *names)
    assert found == expected or (expected == [] and found not in (["unknown_name"], ["ask_back"], list(names)))


async def test_a_name_that_fits_several_is_asked_about_with_the_question_written_out_for_each() -> None:
    found = await understood("alerts on api yesterday")
    assert (found.kind, found.reply, found.suggestions) == (
        "ask_back",
        "“api” fits 3 services equally well: api-billing, api-gateway or users-api. Which one?",
        ("alerts on api-billing yesterday", "alerts on api-gateway yesterday", "alerts on users-api yesterday"),
    )


async def test_an_unknown_service_is_said_to_be_unknown_with_the_nearest() -> None:
    found = await understood("how many alerts fired on payment-api last week")
    assert (found.kind, found.intent) == ("cannot", "unknown_name")
    assert found.reply.startswith("No service named payment-api has sent an alert. Nearest: ")
    assert "payment-service" in found.reply


async def test_an_unknown_environment_is_not_read_as_every_environment() -> None:
    asked = question("alerts in staging", names=Names(version=1, environments=("production",)))
    found = await RulesBrain().understand(asked)
    assert found.reply == "No environment named staging has sent an alert."


async def test_prod_means_every_environment_that_is_called_so_in_part() -> None:
    asked = question("alerts in prod", names=Names(version=1, environments=("prod-eu", "prod-us", "staging")))
    assert (await RulesBrain().understand(asked)).slots["environments"] == ["prod-eu", "prod-us"]


async def test_a_team_is_one_only_when_it_is_called_a_team_or_nothing_else_fits() -> None:
    assert (await understood("alerts of the payments team")).slots["teams"] == ["payments"]
    assert (await understood("alerts on payments")).slots["services"] == ["payment-service"]
    assert (await understood("alerts for platform team")).slots["teams"] == ["platform"]


async def test_new_names_are_known_with_the_next_question() -> None:
    brain = RulesBrain()
    before = await brain.understand(question("alerts on billing", names=Names(version=1, services=("auth",))))
    after = await brain.understand(question("alerts on billing", names=Names(version=2, services=("auth", "billing"))))
    assert (before.intent, after.slots["services"]) == ("unknown_name", ["billing"])


def test_a_name_is_indexed_by_every_form_it_is_written_in() -> None:
    built = index.build(Names(version=3, services=("PaymentServices", "redis")), GENERIC)
    payment, redis = index.Name("service", "PaymentServices"), index.Name("service", "redis")
    assert built.whole == {"paymentservices": (payment,), "redis": (redis,)}
    assert built.stems == {"paymentservice": (payment,), "redis": (redis,)}
    assert built.cores == {"payment": (payment,), "redis": (redis,)}
    assert built.misspelt("rediss") == (redis,)
    assert built.misspelt("red") == ()


async def test_one_name_is_found_among_five_thousand() -> None:
    names = Names(version=1, services=tuple(f"service-{number:04}-{number * 7919 % 5000:04}" for number in range(5000)))
    asked = question("how many alerts fired on servise-0042-2598 last week", names=names)
    assert (await RulesBrain().understand(asked)).slots["services"] == ["service-0042-2598"]
