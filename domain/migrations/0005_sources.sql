-- Datasources -----------------------------------------------------------------------------------------------------

create table trivium.grafana_datasources (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (char_length(name) between 1 and 100),
    type text not null check (type in ('prometheus', 'loki', 'tempo', 'influxdb', 'custom')),
    through text not null check (through in ('grafana', 'direct')),
    url text not null default '' check (char_length(url) <= 255),
    grafana_uid text not null default '' check (char_length(grafana_uid) <= 200),
    api_key_sealed text,
    is_default boolean not null default false,
    is_enabled boolean not null default true,
    config_json jsonb not null default '{}' check (jsonb_typeof(config_json) = 'object'),
    allowed_roles text[] not null default '{}',
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (case through when 'direct' then url <> '' and grafana_uid = '' else grafana_uid <> '' end)
);
comment on column trivium.grafana_datasources.url is
    'direct: the source itself; grafana: the mcp-grafana of another Grafana, empty for the one that is configured.';
comment on column trivium.grafana_datasources.allowed_roles is 'Who may query it; nobody named means everybody.';
comment on column trivium.grafana_datasources.version is 'Grows with every change, and no answer of an older one is given.';
create unique index grafana_datasources_default on trivium.grafana_datasources (type) where is_default;
create unique index grafana_datasources_uid on trivium.grafana_datasources (url, grafana_uid) where through = 'grafana';

-- Application profiles have their own datasource ------------------------------------------------------------------------

alter table trivium.application_profiles
    add column datasource_id uuid references trivium.grafana_datasources on delete set null;
create index application_profiles_datasource on trivium.application_profiles (datasource_id);

-- The last good answer to each query, for when its source is away -------------------------------------------------------

create table trivium.query_cache (
    key text primary key check (key ~ '^[0-9a-f]{64}$'),
    shape text not null check (shape ~ '^[0-9a-f]{64}$'),
    window_end timestamptz,
    datasource_id uuid references trivium.grafana_datasources on delete cascade,
    datasource text not null,
    query_text text not null,
    scope text not null,
    result jsonb not null,
    as_of timestamptz not null,
    expires_at timestamptz not null,
    execution_time_ms integer not null
);
comment on column trivium.query_cache.key is
    'SHA-256 of query, language, window, datasource with its version, and scope.';
comment on column trivium.query_cache.shape is 'The same without the time: questions that differ only in when they end.';
comment on column trivium.query_cache.scope is 'What the actor who asked may see; nobody else is given the answer.';
create index query_cache_shape on trivium.query_cache (shape, window_end desc);
create index query_cache_as_of on trivium.query_cache (as_of);
create index query_cache_datasource on trivium.query_cache (datasource_id);

-- Queries that people keep ----------------------------------------------------------------------------------------------

create table trivium.saved_queries (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references trivium.users on delete cascade,
    name text not null check (char_length(name) between 1 and 100),
    language text not null check (language in ('words', 'promql', 'logql', 'traceql')),
    query text not null check (char_length(query) between 1 and 5000),
    description text not null default '' check (char_length(description) <= 1000),
    datasource_id uuid references trivium.grafana_datasources on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (user_id, name)
);
create index saved_queries_datasource on trivium.saved_queries (datasource_id);
