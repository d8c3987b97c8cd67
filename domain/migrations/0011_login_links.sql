-- Links that open the web page once, without a token being written anywhere: only a code's hash is kept.

create table trivium.login_links (
    code_sha256 text primary key,
    user_id uuid not null references trivium.users on delete cascade,
    roles text[] not null,
    scopes text[] not null,
    session_seconds integer not null check (session_seconds > 0),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
create index login_links_expiry on trivium.login_links (expires_at);
