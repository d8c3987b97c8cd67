-- People, roles, permissions ------------------------------------------------------------------------------------

create table trivium.versions (
    name text primary key,
    version bigint not null default 0
);
comment on table trivium.versions is 'Counters that tell a cache it is stale; bumped in the transaction of the change.';
insert into trivium.versions (name) values ('permissions'), ('names');

create table trivium.users (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (name <> ''),
    display_name text not null default '',
    org_id text not null default 'default',
    ai_preferences jsonb not null default '{}',
    disabled_at timestamptz,
    created_at timestamptz not null default now()
);

create table trivium.roles (
    id uuid primary key default gen_random_uuid(),
    name text not null unique,
    description text not null default ''
);

create table trivium.user_roles (
    user_id uuid not null references trivium.users on delete cascade,
    role_id uuid not null references trivium.roles on delete cascade,
    primary key (user_id, role_id)
);

create table trivium.user_teams (
    user_id uuid not null references trivium.users on delete cascade,
    team text not null,
    primary key (user_id, team)
);

create table trivium.ai_permissions (
    id uuid primary key default gen_random_uuid(),
    role_id uuid not null references trivium.roles on delete cascade,
    pillar text not null check (pillar in ('inquiry', 'troubleshooting', 'revive')),
    tool_category text check (tool_category in ('inquiry', 'troubleshooting', 'grafana', 'aiops')),
    tool_name text,
    permission text not null check (permission in ('allow', 'confirm', 'deny', 'audit_only')),
    scope text check (scope in ('own_alerts', 'aggregated_only', 'view_only')),
    created_at timestamptz not null default now(),
    unique nulls not distinct (role_id, pillar, tool_category, tool_name)
);

create function trivium.permissions_changed() returns trigger language plpgsql as $$
begin
    update trivium.versions set version = version + 1 where name = 'permissions';
    return null;
end $$;
create trigger permissions_changed after insert or update or delete or truncate on trivium.ai_permissions
    for each statement execute function trivium.permissions_changed();

-- Conversations and runs ----------------------------------------------------------------------------------------

create table trivium.ai_sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references trivium.users,
    pillar text not null check (pillar in ('inquiry', 'troubleshooting', 'revive')),
    revive_mode text check (revive_mode is null or (revive_mode in ('grafana', 'aiops') and pillar = 'revive')),
    title text not null default '',
    context_type text,
    context_id uuid,
    context_data jsonb not null default '{}',
    llm text,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    message_count integer not null default 0,
    created_at timestamptz not null default now()
);
create index ai_sessions_user on trivium.ai_sessions (user_id, pillar, started_at desc);

create table trivium.runs (
    id uuid primary key default gen_random_uuid(),
    session_id uuid not null references trivium.ai_sessions on delete cascade,
    user_id uuid not null references trivium.users,
    graph text not null check (graph in ('inquiry', 'troubleshooting', 'revive')),
    entrance text not null check (entrance in ('cli', 'http', 'mcp', 'studio', 'script')),
    request_id text not null,
    question text not null,
    options jsonb not null default '{}',
    status text not null default 'queued' check (status in
        ('queued', 'running', 'awaiting_confirmation', 'completed', 'failed', 'rejected', 'expired', 'cancelled')),
    attempt integer not null default 1,
    worker text,
    lease_until timestamptz,
    cancel_requested boolean not null default false,
    answer jsonb,
    error jsonb,
    tokens_used integer not null default 0,
    created_at timestamptz not null default now(),
    finished_at timestamptz
);
create index runs_user on trivium.runs (user_id, created_at desc);
create index runs_session on trivium.runs (session_id);
create index runs_leases on trivium.runs (lease_until) where status in ('queued', 'running');

create table trivium.run_events (
    run_id uuid not null references trivium.runs on delete cascade,
    number integer not null,
    type text not null check (type in
        ('run', 'context', 'tool_use', 'data', 'chunk', 'confirmation_required', 'complete', 'error')),
    data jsonb not null,
    primary key (run_id, number)
);

create table trivium.ai_messages (
    id uuid primary key default gen_random_uuid(),
    session_id uuid not null references trivium.ai_sessions on delete cascade,
    run_id uuid references trivium.runs on delete set null,
    role text not null check (role in ('user', 'assistant', 'system', 'tool')),
    content text not null,
    tool_calls jsonb,
    tool_call_id text,
    metadata jsonb not null default '{}',
    tokens_used integer,
    ordinal bigint not null generated always as identity,
    created_at timestamptz not null default now()
);
create index ai_messages_session on trivium.ai_messages (session_id, ordinal desc);
create index ai_messages_run on trivium.ai_messages (run_id);

create table trivium.ai_tool_executions (
    id uuid primary key default gen_random_uuid(),
    session_id uuid not null references trivium.ai_sessions on delete cascade,
    run_id uuid references trivium.runs on delete set null,
    message_id uuid references trivium.ai_messages on delete set null,
    user_id uuid not null references trivium.users,
    tool_name text not null,
    tool_category text not null,
    arguments jsonb not null,
    result text,
    result_sha256 text,
    result_status text check (result_status in ('success', 'error', 'blocked', 'pending_approval')),
    permission_required text,
    permission_granted boolean,
    permission_effect text check (permission_effect in ('allow', 'confirm', 'deny', 'audit_only')),
    execution_time_ms integer,
    created_at timestamptz not null default now(),
    finished_at timestamptz
);
create index ai_tool_executions_session on trivium.ai_tool_executions (session_id);
create index ai_tool_executions_run on trivium.ai_tool_executions (run_id);
create index ai_tool_executions_user on trivium.ai_tool_executions (user_id, created_at desc);
create index ai_tool_executions_tool on trivium.ai_tool_executions (tool_name, created_at desc);

create table trivium.artifacts (
    id uuid primary key default gen_random_uuid(),
    execution_id uuid not null references trivium.ai_tool_executions on delete cascade,
    user_id uuid not null references trivium.users,
    media_type text not null,
    size_bytes integer not null,
    content bytea not null,
    created_at timestamptz not null default now()
);
comment on column trivium.artifacts.content is 'zlib; size_bytes is the length before compression';
create index artifacts_execution on trivium.artifacts (execution_id);

create table trivium.audit_logs (
    id bigint primary key generated always as identity,
    at timestamptz not null default now(),
    user_id uuid references trivium.users,
    entrance text not null,
    request_id text not null default '',
    action text not null,
    target text not null default '',
    details jsonb not null default '{}',
    ai_session_id uuid,
    ai_tool_name text
);
create index audit_logs_at on trivium.audit_logs (at desc);
create index audit_logs_user on trivium.audit_logs (user_id, at desc);

create function trivium.audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only: % refused', tg_op;
end $$;
create trigger audit_is_append_only before update or delete or truncate on trivium.audit_logs
    for each statement execute function trivium.audit_is_append_only();

-- Alerts, incidents, changes, postmortems ---------------------------------------------------------------------------

create table trivium.names (
    kind text not null check (kind in ('service', 'alert', 'team', 'environment')),
    name text not null,
    primary key (kind, name)
);
comment on table trivium.names is 'What questions can be about: every distinct name that an alert or a change brought.';

create function trivium.names_changed() returns trigger language plpgsql as $$
begin
    update trivium.versions set version = version + 1 where name = 'names';
    return null;
end $$;
-- Deferred to the commit: every sender bumps this one row, and taken earlier it would deadlock with the groups' locks.
create constraint trigger names_changed after insert or delete on trivium.names
    deferrable initially deferred for each row execute function trivium.names_changed();

create table trivium.alerts (
    id uuid primary key default gen_random_uuid(),
    fingerprint text not null,
    starts_at timestamptz not null,
    ends_at timestamptz,
    name text not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    service text not null,
    environment text not null default '',
    team text not null default '',
    assigned_to uuid references trivium.users,
    instance text not null default '',
    job text not null default '',
    summary text not null default '',
    labels jsonb not null,
    annotations jsonb not null,
    source text not null,
    generator_url text not null default '',
    ai_analysis jsonb,
    times_received integer not null default 1,
    first_received_at timestamptz not null default now(),
    last_received_at timestamptz not null default now(),
    sample boolean not null default false,
    unique (fingerprint, starts_at),
    check (ends_at is null or ends_at >= starts_at)
);
create index alerts_service on trivium.alerts (service, starts_at) include (severity, name);
create index alerts_starts on trivium.alerts (starts_at) include (service, severity, name);
create index alerts_open on trivium.alerts (starts_at) where ends_at is null;
create index alerts_team on trivium.alerts (team, starts_at) where team <> '';

create table trivium.alert_counts (
    service text not null,
    bucket timestamptz not null,
    severity text not null,
    name text not null,
    sample boolean not null,
    fired integer not null,
    primary key (service, bucket, severity, name, sample) include (fired)
);
comment on table trivium.alert_counts is
    'Alerts by the quarter of an hour in which they started (every time zone is a multiple of it); kept by the ingest statement.';
create index alert_counts_bucket on trivium.alert_counts (bucket) include (service, severity, name, fired);

create table trivium.alert_groups (
    id uuid primary key,
    source text not null,
    receiver text not null,
    group_key text not null,
    labels jsonb not null,
    sample boolean not null default false,
    created_at timestamptz not null default now()
);
comment on column trivium.alert_groups.id is
    'UUIDv5 of source, receiver and group_key: concurrent first batches agree on it, and a key may be longer than an index entry.';

create table trivium.alert_group_members (
    group_id uuid not null references trivium.alert_groups on delete cascade,
    starts_at timestamptz not null,
    alert_id uuid not null references trivium.alerts on delete cascade,
    primary key (group_id, starts_at, alert_id)
);
create index alert_group_members_alert on trivium.alert_group_members (alert_id);

create table trivium.incidents (
    id uuid primary key default gen_random_uuid(),
    number bigint not null unique generated always as identity,
    group_id uuid references trivium.alert_groups on delete cascade,
    title text not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    service text not null,
    services text[] not null,
    environment text not null default '',
    team text not null default '',
    opened_at timestamptz not null,
    resolved_at timestamptz,
    alert_count integer not null default 0,
    tally jsonb not null default '[]',
    root_cause text not null default '',
    resolution text not null default '',
    former_ids uuid[] not null default '{}',
    sample boolean not null default false,
    created_at timestamptz not null default now(),
    check (resolved_at is null or resolved_at >= opened_at)
);
comment on column trivium.incidents.tally is
    'Sorted [service, alert name, severity, alerts]: title, severity, services and alert_count are made from it, so that a batch need not read every alert of a long incident.';
comment on column trivium.incidents.former_ids is 'Incidents that a late alert showed to be this one; their links still lead here.';
create index incidents_group on trivium.incidents (group_id, opened_at);
create index incidents_opened on trivium.incidents (opened_at);
create index incidents_service on trivium.incidents (service, opened_at);
create index incidents_open on trivium.incidents (opened_at) where resolved_at is null;
create index incidents_former on trivium.incidents using gin (former_ids) where former_ids <> '{}';

create table trivium.changes (
    id text primary key,
    occurred_at timestamptz not null,
    kind text not null check (kind in ('deployment', 'config', 'feature_flag', 'infrastructure')),
    service text not null,
    environment text not null default '',
    summary text not null,
    author text not null default '',
    version text not null default '',
    url text not null default '',
    sample boolean not null default false,
    received_at timestamptz not null default now()
);
create index changes_service on trivium.changes (service, occurred_at);
create index changes_occurred on trivium.changes (occurred_at);

create table trivium.postmortems (
    id uuid primary key default gen_random_uuid(),
    incident_id uuid references trivium.incidents on delete set null,
    title text not null,
    service text not null default '',
    occurred_at timestamptz not null,
    summary text not null,
    root_cause text not null default '',
    resolution text not null default '',
    lessons text not null default '',
    url text not null default '',
    sample boolean not null default false,
    created_at timestamptz not null default now(),
    search tsvector generated always as (
        setweight(to_tsvector('english', title || ' ' || service), 'A')
        || setweight(to_tsvector('english', summary || ' ' || root_cause), 'B')
        || setweight(to_tsvector('english', resolution || ' ' || lessons), 'C')) stored
);
create index postmortems_search on trivium.postmortems using gin (search);
create index postmortems_service on trivium.postmortems (service, occurred_at desc);

create table trivium.application_profiles (
    id uuid primary key default gen_random_uuid(),
    name text not null unique,
    description text not null default '',
    architecture_info jsonb not null default '{}',
    service_mappings jsonb not null default '{}',
    default_metrics jsonb not null default '[]',
    slos jsonb not null default '{}',
    sample boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
