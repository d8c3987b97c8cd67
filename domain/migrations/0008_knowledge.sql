-- What is known beside the record: imported documents, in passages, and words that mean the same -----------------------

create function trivium.spelled(name text) returns text language sql immutable parallel safe as $$
    select name || ' ' || translate(regexp_replace(regexp_replace(
        name, '([a-z0-9])([A-Z])', '\1 \2', 'g'), '([A-Z]+)([A-Z][a-z])', '\1 \2', 'g'), '-_./:', '     ')
$$;
comment on function trivium.spelled is 'KubePodCrashLooping, then its words: Kube Pod Crash Looping.';

create table trivium.knowledge_documents (
    id uuid primary key default gen_random_uuid(),
    source text not null check (char_length(source) between 1 and 500),
    chunk_index integer not null check (chunk_index >= 0),
    title text not null check (char_length(title) between 1 and 300),
    heading text not null default '' check (char_length(heading) <= 300),
    category text not null check (category in
        ('setup', 'common_issues', 'best_practices', 'runbook', 'postmortem', 'other')),
    body text not null,
    url text not null default '' check (char_length(url) <= 1000),
    tags text[] not null default '{}',
    labels text not null default '',
    embedding real[],
    embedding_model text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    search tsvector generated always as (
        setweight(to_tsvector('english', trivium.spelled(title) || ' ' || trivium.spelled(labels)), 'A')
        || setweight(to_tsvector('english', heading), 'B')
        || setweight(to_tsvector('english', body), 'D')) stored,
    unique (source, chunk_index),
    check ((embedding is null) = (embedding_model is null))
);
comment on table trivium.knowledge_documents is 'Passages; those of one source are one document, in the order of chunk_index.';
comment on column trivium.knowledge_documents.labels is 'The tags as one text, for the search.';
comment on column trivium.knowledge_documents.embedding is 'Of this passage, by embedding_model; null when there was none.';
create index knowledge_documents_search on trivium.knowledge_documents using gin (search);

create table trivium.knowledge_synonyms (
    word text primary key check (word ~ '^[[:alnum:]]+( [[:alnum:]]+){0,2}$' and word = lower(word)),
    means text[] not null check (cardinality(means) <= 20),
    updated_at timestamptz not null default now()
);
comment on table trivium.knowledge_synonyms is
    'What else to look for when somebody asks with this word; a row stands in the place of the one that Trivium brings.';
