-- What chat programs were told: by it the conversation is found again that they send whole with each message ----------

create table trivium.completions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references trivium.users on delete cascade,
    session_id uuid not null references trivium.ai_sessions on delete cascade,
    run_id uuid references trivium.runs on delete cascade,
    chain text not null check (length(chain) = 64),
    said text not null default '',
    shown jsonb not null default '{}',
    ordinal bigint not null generated always as identity
);
comment on column trivium.completions.chain is 'SHA-256 over every message of the person in this conversation so far, and over whom the chat program names.';
comment on column trivium.completions.said is 'The text as it was sent, as far as it was sent.';
comment on column trivium.completions.shown is 'Changes that were put before the person in it: confirmation id to the SHA-256 of the arguments they saw.';
create index completions_chain on trivium.completions (user_id, chain, ordinal desc);
create index completions_session on trivium.completions (session_id, ordinal desc);
create index completions_run on trivium.completions (run_id);
