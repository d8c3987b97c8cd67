"""The paths by which admins manage datasources, and all read and admins change application profiles."""

from domain.tokens import PILLARS
from web import applications, datasources
from web.desk import Guarded
from web.models.applications import ApplicationChange, ApplicationSent, ApplicationsReply, ApplicationTold
from web.models.datasources import DatasourceChange, DatasourceSent, DatasourcesReply, DatasourceTold, HealthReply
from web.models.problems import Refusal
from web.models.shape import PageAsked
from web.operations.shape import CHECKED, JSON, OWN, SENT, SIGNED, Operation, Reply

READ, WRITE = "ai:admin:datasources:read", "ai:admin:datasources:write"
APPLICATIONS = "ai:admin:applications:write"
SOURCES, APPS = "/api/grafana/datasources", "/api/applications"
TAKEN = {409: Reply("The name is taken", {JSON: Refusal})}

OPERATIONS = (
    Operation(
        method="GET",
        path=SOURCES,
        entry=Guarded(datasources.list_datasources, PILLARS, READ),
        summary="All datasources by type and name; of a key only whether there is one",
        replies={200: Reply("The datasources", {JSON: DatasourcesReply}), **SIGNED},
    ),
    Operation(
        method="POST",
        path=SOURCES,
        entry=Guarded(datasources.add_datasource, PILLARS, WRITE),
        summary="Add a datasource",
        body=DatasourceSent,
        replies={201: Reply("The datasource", {JSON: DatasourceTold}), **TAKEN, **SIGNED, **SENT},
    ),
    Operation(
        method="GET",
        path=f"{SOURCES}/health",
        entry=Guarded(datasources.get_datasources_health, PILLARS, READ),
        summary="How each datasource is, asked now in every way that leads to it",
        replies={200: Reply("The datasources", {JSON: HealthReply}), **SIGNED},
    ),
    Operation(
        method="GET",
        path=f"{SOURCES}/{{datasource_id}}",
        entry=Guarded(datasources.get_datasource, PILLARS, READ),
        summary="One datasource",
        replies={200: Reply("The datasource", {JSON: DatasourceTold}), **SIGNED, **OWN},
    ),
    Operation(
        method="PUT",
        path=f"{SOURCES}/{{datasource_id}}",
        entry=Guarded(datasources.put_datasource, PILLARS, WRITE),
        summary="Change a datasource; keys that are not sent stay",
        body=DatasourceChange,
        replies={200: Reply("The datasource after it", {JSON: DatasourceTold}), **TAKEN, **SIGNED, **SENT, **OWN},
    ),
    Operation(
        method="DELETE",
        path=f"{SOURCES}/{{datasource_id}}",
        entry=Guarded(datasources.delete_datasource, PILLARS, WRITE),
        summary="Remove a datasource with its key and its kept answers",
        replies={204: Reply("It is gone"), **SIGNED, **OWN},
    ),
    Operation(
        method="GET",
        path=APPS,
        entry=Guarded(applications.list_applications, PILLARS),
        summary="Application profiles by name",
        parameters=PageAsked,
        replies={200: Reply("One page", {JSON: ApplicationsReply}), **SIGNED, **CHECKED},
    ),
    Operation(
        method="POST",
        path=APPS,
        entry=Guarded(applications.add_application, PILLARS, APPLICATIONS),
        summary="Add an application profile",
        body=ApplicationSent,
        replies={201: Reply("The profile", {JSON: ApplicationTold}), **TAKEN, **SIGNED, **SENT},
    ),
    Operation(
        method="GET",
        path=f"{APPS}/{{application_id}}",
        entry=Guarded(applications.get_application, PILLARS),
        summary="One application profile",
        replies={200: Reply("The profile", {JSON: ApplicationTold}), **SIGNED, **OWN},
    ),
    Operation(
        method="PUT",
        path=f"{APPS}/{{application_id}}",
        entry=Guarded(applications.put_application, PILLARS, APPLICATIONS),
        summary="Change an application profile; keys that are not sent stay",
        body=ApplicationChange,
        replies={200: Reply("The profile after it", {JSON: ApplicationTold}), **TAKEN, **SIGNED, **SENT, **OWN},
    ),
    Operation(
        method="DELETE",
        path=f"{APPS}/{{application_id}}",
        entry=Guarded(applications.delete_application, PILLARS, APPLICATIONS),
        summary="Remove an application profile",
        replies={204: Reply("It is gone"), **SIGNED, **OWN},
    ),
)  # fmt: skip
