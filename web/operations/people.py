"""The paths of users: what each chooses for themselves, and what admins decide."""

from domain.tokens import PILLARS
from web import people, preferences
from web.desk import Guarded
from web.models.people import PreferencesChange, PreferencesReply, UserChange, UsersReply, UserTold
from web.models.problems import Refusal
from web.models.shape import PageAsked
from web.operations.shape import CHECKED, JSON, OWN, SENT, SIGNED, Operation, Reply

READ, WRITE = "ai:admin:users:read", "ai:admin:users:write"

OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/users/me/preferences",
        entry=Guarded(preferences.get_preferences, PILLARS),
        summary="What you have chosen",
        replies={200: Reply("The preferences", {JSON: PreferencesReply}), **SIGNED},
    ),
    Operation(
        method="PUT",
        path="/api/v1/users/me/preferences",
        entry=Guarded(preferences.put_preferences, PILLARS),
        summary="Choose; a confirmation level can ask you more often than your role's permissions do, never less",
        body=PreferencesChange,
        replies={200: Reply("All preferences after it", {JSON: PreferencesReply}), **SIGNED, **SENT},
    ),
    Operation(
        method="GET",
        path="/api/v1/admin/users",
        entry=Guarded(people.list_users, PILLARS, READ),
        summary="All users by name",
        parameters=PageAsked,
        replies={200: Reply("One page", {JSON: UsersReply}), **SIGNED, **CHECKED},
    ),
    Operation(
        method="PUT",
        path="/api/v1/admin/users/{user_id}",
        entry=Guarded(people.put_user, PILLARS, WRITE),
        summary="Change a user's roles and teams, disable them or let them in again",
        body=UserChange,
        replies={
            200: Reply("The user after it", {JSON: UserTold}),
            409: Reply("Nobody would be left to administer", {JSON: Refusal}),
            **SIGNED, **SENT, **OWN,
        },
    ),
)  # fmt: skip
