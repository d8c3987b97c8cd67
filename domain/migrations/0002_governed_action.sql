-- What may be done, and to what: credentials, servers, runbooks, rules ----------------------------------------------

create table trivium.credentials (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (name <> ''),
    kind text not null check (kind in ('ssh_key', 'password', 'token')),
    username text not null default '',
    reference text,
    sealed text,
    description text not null default '',
    created_by uuid references trivium.users,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    uses bigint not null default 0,
    check (num_nonnulls(reference, sealed) = 1)
);
comment on column trivium.credentials.reference is 'env:NAME or file:PATH, read when it is used; never both a reference and a sealed value.';
comment on column trivium.credentials.sealed is 'Fernet token; the keys are outside the database.';

create table trivium.servers (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (name <> ''),
    hostname text not null check (hostname <> ''),
    port integer not null default 22 check (port between 1 and 65535),
    username text not null check (username <> ''),
    host_key text not null check (host_key <> ''),
    credential_id uuid references trivium.credentials,
    environment text not null default '',
    service text not null default '',
    team text not null default '',
    description text not null default '',
    created_by uuid references trivium.users,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on column trivium.servers.host_key is 'The pinned public key as OpenSSH writes it ("ssh-ed25519 AAAA..."); any other key is refused.';
create index servers_service on trivium.servers (service) where service <> '';

create table trivium.runbooks (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (name <> ''),
    title text not null default '',
    description text not null default '',
    kind text not null default 'runbook' check (kind in ('runbook', 'service_template')),
    service text not null default '',
    alert_names text[] not null default '{}',
    tags text[] not null default '{}',
    parameters jsonb not null default '[]',
    steps jsonb not null,
    cost jsonb,
    quota jsonb,
    connection jsonb,
    version integer not null default 1,
    is_enabled boolean not null default true,
    sample boolean not null default false,
    created_by uuid references trivium.users,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    search tsvector generated always as (
        setweight(to_tsvector('english', replace(name, '-', ' ') || ' ' || title || ' ' || service), 'A')
        || setweight(to_tsvector('english', description), 'B')) stored,
    check (kind = 'service_template' or (cost is null and quota is null))
);
create index runbooks_search on trivium.runbooks using gin (search);

create table trivium.auto_analyze_rules (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (name <> ''),
    alert_name text not null default '*',
    service text not null default '*',
    severities text[] not null default '{critical,warning,info}',
    labels jsonb not null default '{}',
    annotate boolean not null default false,
    is_enabled boolean not null default true,
    created_by uuid not null references trivium.users,
    created_at timestamptz not null default now()
);
comment on column trivium.auto_analyze_rules.alert_name is 'A glob, like service; labels hold equal values.';

-- Confirmations: what was proposed, who decided, what came of it -----------------------------------------------------

create table trivium.ai_action_confirmations (
    id uuid primary key default gen_random_uuid(),
    session_id uuid not null references trivium.ai_sessions on delete cascade,
    run_id uuid references trivium.runs on delete cascade,
    ordinal integer not null default 1,
    user_id uuid not null references trivium.users,
    pillar text not null check (pillar in ('inquiry', 'troubleshooting', 'revive')),
    tool_name text not null,
    tool_category text not null,
    action_type text not null,
    action_details jsonb not null,
    arguments jsonb not null,
    arguments_sha256 text not null,
    risk_level text not null check (risk_level in ('low', 'medium', 'high', 'critical')),
    approval_mode text not null check (approval_mode in ('self', 'four_eyes', 'policy')),
    permission text not null,
    policy_version bigint not null,
    proposed_in uuid references trivium.ai_tool_executions on delete set null,
    status text not null default 'pending' check (status in ('pending', 'approved', 'rejected', 'expired', 'superseded')),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    decided_by uuid references trivium.users,
    confirmed_at timestamptz,
    decided_through text,
    reason text not null default '',
    superseded_by uuid references trivium.ai_action_confirmations,
    outcome text check (outcome in ('executing', 'succeeded', 'failed', 'unknown')),
    claimed_by text,
    claimed_at timestamptz,
    lease_until timestamptz,
    executed_in uuid references trivium.ai_tool_executions on delete set null,
    finished_at timestamptz,
    result jsonb,
    check (outcome is null or status = 'approved'),
    check ((status in ('approved', 'rejected')) = (decided_by is not null and confirmed_at is not null)),
    check ((outcome is null) = (claimed_at is null))
);
create index ai_confirmations_session on trivium.ai_action_confirmations (session_id);
create index ai_confirmations_run on trivium.ai_action_confirmations (run_id);
create index ai_confirmations_status on trivium.ai_action_confirmations (status, expires_at);
create index ai_confirmations_executing on trivium.ai_action_confirmations (lease_until) where outcome = 'executing';
create unique index ai_confirmations_step on trivium.ai_action_confirmations (run_id, ordinal)
    where status <> 'superseded';

create function trivium.confirmation_moves_forward() returns trigger language plpgsql as $$
begin
    if (new.id, new.user_id, new.tool_name, new.arguments, new.arguments_sha256, new.risk_level, new.approval_mode,
            new.created_at, new.expires_at)
        is distinct from (old.id, old.user_id, old.tool_name, old.arguments, old.arguments_sha256, old.risk_level,
            old.approval_mode, old.created_at, old.expires_at) then
        raise exception 'what was proposed cannot be edited: an edit is a new confirmation';
    end if;
    if new.status <> old.status and old.status <> 'pending' then
        raise exception 'confirmation % is % already', old.id, old.status;
    end if;
    if new.outcome is distinct from old.outcome and not (
            (old.outcome is null and new.outcome = 'executing')
            or (old.outcome = 'executing' and new.outcome in ('succeeded', 'failed', 'unknown'))) then
        raise exception 'confirmation % cannot go from % to %', old.id, old.outcome, new.outcome;
    end if;
    return new;
end $$;
create trigger confirmation_moves_forward before update on trivium.ai_action_confirmations
    for each row execute function trivium.confirmation_moves_forward();

-- Executions of runbooks --------------------------------------------------------------------------------------------

create table trivium.executions (
    id uuid primary key default gen_random_uuid(),
    runbook_id uuid references trivium.runbooks on delete set null,
    runbook_name text not null,
    runbook_version integer not null,
    kind text not null check (kind in ('runbook', 'service_template')),
    user_id uuid not null references trivium.users,
    approved_by uuid references trivium.users,
    confirmation_id uuid references trivium.ai_action_confirmations on delete set null,
    tool_execution_id uuid references trivium.ai_tool_executions on delete set null,
    run_id uuid references trivium.runs on delete set null,
    parameters jsonb not null,
    reason text not null default '',
    status text not null default 'running' check (status in
        ('running', 'succeeded', 'failed', 'rolled_back', 'timed_out', 'cancelled', 'unknown')),
    steps jsonb not null default '[]',
    result jsonb not null default '{}',
    hourly_cost numeric,
    started_at timestamptz not null default now(),
    finished_at timestamptz
);
create index executions_started on trivium.executions (started_at desc);
create index executions_runbook on trivium.executions (runbook_name, started_at desc);
create index executions_user on trivium.executions (user_id, started_at desc);
