"""What can be asked about servers, credentials, auto-analyze rules and the audit log."""

from agents.rules.revive import machines, naming, values
from agents.rules.revive.intents import names
from agents.rules.revive.intents.shape import Intent, Json, Slots
from agents.rules.revive.said import Said
from agents.rules.revive.writing import of_kind


def rule_called(said: Said) -> str | None:
    """The name given to a rule, quoted or behind "called"."""
    quoted = of_kind(said.text, "quote")
    return names.slug(naming.called(said.clause) or (said.clause.restore(quoted[0]) if quoted else "")) or None


def rule_name(slots: Slots) -> str:
    """The name given, else one of what the rule is for."""
    parts = (slots.get("alert_name"), slots.get("service"), *(slots.get("severities") or ()))
    made = names.slug("-".join(part.replace("*", "") for part in parts if part))
    return slots.get("name") or made or "all-alerts"


def rule_arguments(slots: Slots) -> Json:
    found = {key: slots.get(key) for key in ("alert_name", "service", "severities", "labels", "annotate")}
    return {"name": rule_name(slots), **found}


INTENTS = (
    Intent(
        name="get_server",
        mode="aiops",
        tool="get_server_details",
        cues=("+read server",),
        reads={"name": names.named},
        takes=("server=name",),
        about="server {name}",
    ),
    Intent(
        name="list_servers",
        mode="aiops",
        tool="list_servers",
        cues=("read server",),
        reads={
            "service": values.service,
            "environment": values.environment,
            "search": names.search,
        },
        takes=("service", "environment", "search"),
        about="servers",
        extras=(" of {service}", " in {environment}", " named like {search}"),
    ),
    Intent(
        name="add_server",
        mode="aiops",
        tool="add_server",
        cues=("add server", "create server"),
        reads={
            "name": names.new_name,
            "hostname": machines.hostname,
            "port": machines.port,
            "username": machines.username,
            "host_key": machines.host_key,
            "credential": machines.credential,
            "environment": values.environment,
            "service": values.service,
            "team": values.team,
        },
        takes=("name", "hostname", "port", "username", "host_key", "credential", "environment", "service", "team"),
        needs={
            "name": "What is the server to be called?",
            "hostname": "At which address is it?",
            "username": "Which user signs in there?",
            "host_key": "What is its public host key (as `ssh-keyscan` prints it)?",
        },
        is_change=True,
        about="add server {name}",
        extras=(" at {hostname}", " port {port}", " as {username}", " in {environment}"),
    ),
    Intent(
        name="list_credentials",
        mode="aiops",
        tool="list_credentials",
        cues=("read credential",),
        about="credentials",
    ),
    Intent(
        name="create_credential",
        mode="aiops",
        tool="create_credential",
        cues=("create credential", "add credential"),
        reads={
            "name": names.new_name,
            "kind": machines.credential_kind,
            "username": machines.username,
            "reference": machines.reference,
        },
        takes=("name", "kind", "username", "reference"),
        needs={
            "name": "What is the credential to be called?",
            "reference": "Where is the secret kept? Give a reference (env:NAME or file:/path), or store the secret "
            "itself with `trivium credential add`; a secret is never taken from a message.",
            "kind": "Is it an ssh_key, a password or a token?",
        },
        is_change=True,
        about="store credential {name}",
        extras=(" ({kind})", " of {username}", " from {reference}"),
    ),
    Intent(
        name="list_auto_analyze_rules",
        mode="aiops",
        tool="list_auto_analyze_rules",
        cues=("read auto_rule", "read rule"),
        about="auto-analyze rules",
    ),
    Intent(
        name="create_auto_analyze_rule",
        mode="aiops",
        tool="create_auto_analyze_rule",
        cues=("create auto_rule", "add auto_rule", "create rule", "add rule", "run auto_rule"),
        reads={
            "name": rule_called,
            "alert_name": machines.alert_name,
            "service": values.typed_service,
            "severities": values.severities,
            "labels": values.pairs,
            "annotate": machines.annotates,
        },
        arguments=rule_arguments,
        needs={
            "alert_name|service|severities|labels": "Which alerts is the rule for: of which name, service or severity?"
        },
        is_change=True,
        about="create auto-analyze rule",
        extras=(
            " {name}",
            " for {alert_name}",
            " on {service}",
            " of severity {severities}",
            " with labels {labels}",
            ", annotating{annotate}",
        ),
    ),
    Intent(
        name="query_audit_logs",
        mode="aiops",
        tool="query_audit_logs",
        cues=("read audit",),
        reads={"user": machines.doer, "tool": machines.tool, "time_range": values.time_range, "limit": values.limit},
        takes=("user", "tool", "time_range", "limit"),
        about="audit log",
        extras=(" of {user}", " about {tool}", ", newest {limit}"),
    ),
)
