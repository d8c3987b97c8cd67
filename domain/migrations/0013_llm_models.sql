-- Language models: which there are, in which order they are asked, how they are, and what they were used for -----------

create table trivium.llm_models (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (name ~ '^[a-z0-9]+([._-][a-z0-9]+)*$' and length(name) <= 60),
    environment text not null check (environment in ('LAB', 'NONPROD', 'PROD')),
    base_url text not null check (base_url <> ''),
    model text not null check (model <> ''),
    secret_ref text check (secret_ref ~ '^(env:|file:/)'),
    is_default boolean not null default false,
    fallback_order integer check (fallback_order between 1 and 1000),
    is_enabled boolean not null default true,
    timeout_seconds double precision not null default 60 check (timeout_seconds > 0 and timeout_seconds <= 600),
    status text not null default 'unknown' check (status in ('healthy', 'unhealthy', 'unknown')),
    checked_at timestamptz,
    last_error text not null default '',
    created_by uuid references trivium.users,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on column trivium.llm_models.secret_ref is 'Where its key is: env:NAME or file:/path. A key itself is never kept here.';
comment on column trivium.llm_models.fallback_order is 'The lowest is asked first when the default fails; null: never.';
comment on column trivium.llm_models.updated_at is 'Of what an admin decides; checks and use do not move it.';
create unique index llm_models_default on trivium.llm_models (environment) where is_default;

create table trivium.llm_calls (
    id bigint primary key generated always as identity,
    at timestamptz not null default now(),
    model_id uuid references trivium.llm_models on delete set null,
    model_name text not null,
    seconds double precision not null,
    tokens_in integer not null default 0,
    tokens_out integer not null default 0,
    error text not null default ''
);
comment on column trivium.llm_calls.model_id is 'Null for the model of the variables, and for one that was removed.';
create index llm_calls_model on trivium.llm_calls (model_id, at);
create index llm_calls_at on trivium.llm_calls (at);
