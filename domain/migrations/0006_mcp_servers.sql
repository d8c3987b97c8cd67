-- Other MCP servers: where each is, how it is, and which of its tools an admin has looked at -------------------------

create table trivium.mcp_servers (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (name ~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$' and length(name) <= 24),
    family text not null check (family ~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$' and length(family) <= 24),
    description text not null default '',
    transport text not null check (transport in ('http', 'sse', 'stdio')),
    kind text not null check (kind in ('internal', 'external')),
    url text not null default '',
    command text[] not null default '{}',
    environment jsonb not null default '{}',
    credential_kind text not null default 'none' check (credential_kind in ('none', 'bearer', 'header', 'variable')),
    credential_name text not null default '',
    reference text,
    sealed text,
    status text not null default 'unhealthy' check (status in ('healthy', 'unhealthy', 'maintenance')),
    consecutive_failures integer not null default 0,
    last_checked_at timestamptz,
    last_healthy_at timestamptz,
    last_error text not null default '',
    is_enabled boolean not null default true,
    created_by uuid references trivium.users,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((transport = 'stdio') = (url = '')),
    check ((transport = 'stdio') = (cardinality(command) > 0)),
    check (transport <> 'stdio' or kind = 'internal'),
    check (num_nonnulls(reference, sealed) = (case when credential_kind = 'none' then 0 else 1 end)),
    check ((credential_name <> '') = (credential_kind in ('header', 'variable'))),
    check (credential_kind = 'none' or (credential_kind = 'variable') = (transport = 'stdio'))
);
comment on column trivium.mcp_servers.family is 'Servers of one family do the same work: a tool of theirs goes by the family''s name and to a healthy one.';
comment on column trivium.mcp_servers.command is 'The program and its arguments, each a word; no shell reads them.';
comment on column trivium.mcp_servers.sealed is 'Fernet token of the secret; the keys are outside the database.';
comment on column trivium.mcp_servers.updated_at is 'Of what an admin decides; checks do not move it.';
create index mcp_servers_family on trivium.mcp_servers (family);

create table trivium.mcp_server_tools (
    server_id uuid not null references trivium.mcp_servers on delete cascade,
    tool_name text not null check (tool_name <> ''),
    description text not null,
    schema jsonb not null,
    hints jsonb not null default '{}',
    fingerprint text not null,
    problem text not null default '',
    is_listed boolean not null default true,
    first_seen_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    risk text check (risk in ('read', 'create', 'update', 'delete', 'execute')),
    pillars text[] not null default '{}' check (pillars <@ array['inquiry', 'troubleshooting', 'revive']),
    permission text,
    decided_fingerprint text,
    decided_by uuid references trivium.users,
    decided_at timestamptz,
    primary key (server_id, tool_name),
    check ((decided_at is null) = (decided_by is null)),
    check ((risk is null) = (decided_fingerprint is null) and (risk is null) = (permission is null)
        and (risk is null) = (pillars = '{}')),
    check (risk is null or decided_at is not null),
    check (risk is null or risk = 'read' or not 'inquiry' = any (pillars))
);
comment on column trivium.mcp_server_tools.fingerprint is 'SHA-256 of name, description and schema as the server tells them now.';
comment on column trivium.mcp_server_tools.risk is 'Set by an admin; null: denied. Holds only while decided_fingerprint is still the fingerprint.';
