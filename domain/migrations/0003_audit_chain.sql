-- The audit log's hash chain ----------------------------------------------------------------------------------------

create table trivium.audit_chain (
    sequence bigint primary key check (sequence > 0),
    entry_id bigint not null unique references trivium.audit_logs,
    digest text not null
);
comment on table trivium.audit_chain is
    'One link for every audit entry, in the order of their commits; domain/audit_chain.py verifies it without the functions below.';

create table trivium.audit_head (
    is_only boolean primary key default true check (is_only),
    sequence bigint not null,
    digest text not null
);
comment on table trivium.audit_head is 'Where the chain ends; sequence 0 and 64 zeros before the first entry.';
insert into trivium.audit_head (sequence, digest) values (0, repeat('0', 64));

create function trivium.audit_field(value text) returns text language sql immutable parallel safe as $$
    select coalesce(char_length(value) || ':' || value, '-') || ','
$$;

-- A column added to audit_logs must be added here for the entries from then on, and in domain/audit_chain.py.
create function trivium.audit_digest(previous text, entry trivium.audit_logs) returns text
    language plpgsql stable as $$
begin
    return encode(sha256(convert_to(
        previous
            || trivium.audit_field(entry.id::text)
            || trivium.audit_field(trunc(extract(epoch from entry.at) * 1000000)::text)
            || trivium.audit_field(entry.user_id::text)
            || trivium.audit_field(entry.entrance)
            || trivium.audit_field(entry.request_id)
            || trivium.audit_field(entry.action)
            || trivium.audit_field(entry.target)
            || trivium.audit_field(entry.details::text)
            || trivium.audit_field(entry.ai_session_id::text)
            || trivium.audit_field(entry.ai_tool_name),
        'UTF8')), 'hex');
end $$;
comment on function trivium.audit_digest is
    'SHA-256, hex, of the previous digest and each column as length:text, or - for null; the time as UTC microseconds.';

create function trivium.audit_chained() returns trigger language plpgsql as $$
declare
    head trivium.audit_head;
begin
    update trivium.audit_head set sequence = sequence + 1, digest = trivium.audit_digest(digest, new)
    returning * into head;
    if not found then
        raise exception 'the head of the audit chain is missing: nothing can be put on record';
    end if;
    insert into trivium.audit_chain (sequence, entry_id, digest) values (head.sequence, new.id, head.digest);
    return null;
end $$;
-- Deferred to the commit: every writer moves this one row, and taken earlier it would be held for a whole transaction.
-- It is the last lock a transaction takes, so one that also brings names appends its entry after them.
create constraint trigger audit_chained after insert on trivium.audit_logs
    deferrable initially deferred for each row execute function trivium.audit_chained();

-- The trigger's lock keeps writers out until this migration commits: what is here now is all there is unchained.
do $$
declare
    entry trivium.audit_logs;
    reached bigint := 0;
    latest text := repeat('0', 64);
begin
    for entry in select * from trivium.audit_logs order by id loop
        reached := reached + 1;
        latest := trivium.audit_digest(latest, entry);
        insert into trivium.audit_chain (sequence, entry_id, digest) values (reached, entry.id, latest);
    end loop;
    update trivium.audit_head set sequence = reached, digest = latest;
end $$;

create trigger audit_chain_is_append_only before update or delete or truncate on trivium.audit_chain
    for each statement execute function trivium.audit_is_append_only();
create trigger audit_head_stays before delete or truncate on trivium.audit_head
    for each statement execute function trivium.audit_is_append_only();

-- Who did what, on whose approval: newest first, and from the execution to its approval -----------------------------

create index ai_tool_executions_created on trivium.ai_tool_executions (created_at desc);
create index ai_confirmations_executed_in on trivium.ai_action_confirmations (executed_in) where executed_in is not null;
create index ai_confirmations_proposed_in on trivium.ai_action_confirmations (proposed_in) where proposed_in is not null;
