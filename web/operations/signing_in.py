"""The paths of the page's own session."""

from domain.tokens import PILLARS
from web import attention, csp, signing_in
from web.desk import Guarded, Unsigned
from web.models.attention import AttentionReply
from web.models.problems import Problem, Refusal
from web.models.signing_in import MeReply, SessionOpening
from web.operations.shape import BUG, JSON, SENT, SIGNED, Operation, Reply

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/users/me",
        entry=Guarded(signing_in.get_me, PILLARS),
        summary="Who you are here, and until when",
        replies={200: Reply("You", {JSON: MeReply}), **SIGNED},
    ),
    Operation(
        method="GET",
        path="/api/v1/users/me/attention",
        entry=Guarded(attention.get_attention, PILLARS),
        summary="How many alerts fire that you may count, and how many changes wait for your word",
        replies={200: Reply("Two numbers", {JSON: AttentionReply}), **SIGNED},
    ),
    Operation(
        method="POST",
        path="/api/v1/session",
        entry=Unsigned(signing_in.open_session),
        summary="Sign in at the page: by the code of a login link, once, or by a token",
        body=SessionOpening,
        replies={
            204: Reply("The cookie is set"),
            401: Reply("The code or the token lets nobody in", {JSON: Problem}),
            403: Reply("The user is disabled", {JSON: Refusal}),
            503: Reply("Postgres is away; try again", {JSON: Problem}),
            **BUG, **SENT,
        },
    ),
    Operation(
        method="DELETE",
        path="/api/v1/session",
        entry=Unsigned(signing_in.close_session),
        summary="Sign out at the page",
        replies={204: Reply("The cookie is gone"), **BUG},
    ),
    Operation(
        method="POST",
        path="/api/v1/csp-reports",
        entry=Unsigned(csp.take_report),
        summary="What a browser's content security policy kept the page from doing",
        replies={
            204: Reply("Noted"),
            413: Reply("The report has more than 16 KB", {JSON: Problem}),
            **BUG,
        },
    ),
)  # fmt: skip
