-- Analyses that nobody asked for: an auto-analyze rule did. The table is the truth; the job queue only carries it out.

create table trivium.auto_analyses (
    id uuid primary key default gen_random_uuid(),
    incident_id uuid not null,
    alert_id uuid not null references trivium.alerts on delete cascade,
    rule_id uuid not null references trivium.auto_analyze_rules on delete cascade,
    status text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed', 'dropped')),
    is_handed_out boolean not null default false,
    attempt integer not null default 0,
    run_id uuid,
    note text not null default '',
    queued_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz
);
comment on column trivium.auto_analyses.incident_id is 'No reference: a late alert can merge the incident into another.';
comment on column trivium.auto_analyses.is_handed_out is 'Whether the queue has a job for it.';
create unique index auto_analyses_active on trivium.auto_analyses (incident_id) where status in ('waiting', 'running');
create index auto_analyses_incident on trivium.auto_analyses (incident_id, ended_at);
create index auto_analyses_alert on trivium.auto_analyses (alert_id);
create index auto_analyses_rule on trivium.auto_analyses (rule_id);
create index auto_analyses_open on trivium.auto_analyses (status, queued_at) where status in ('waiting', 'running');
create index auto_analyses_ended on trivium.auto_analyses (ended_at) where ended_at is not null;

create table trivium.job_migrations (
    name text primary key,
    applied_at timestamptz not null default now()
);
comment on table trivium.job_migrations is 'The files of the job queue''s own schema that are in this database.';

alter table trivium.runs drop constraint runs_entrance_check;
alter table trivium.runs add constraint runs_entrance_check
    check (entrance in ('cli', 'http', 'mcp', 'studio', 'script', 'rule'));
