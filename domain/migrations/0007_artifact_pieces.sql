-- Large results lie in pieces, so that none of them is ever in memory whole -------------------------------------------

create table trivium.artifact_pieces (
    artifact_id uuid not null references trivium.artifacts on delete cascade,
    number integer not null,
    kind text not null check (kind in ('json', 'rows', 'text')),
    path text not null default '',
    first_row bigint not null default 0,
    row_count integer not null default 0,
    content bytea not null,
    primary key (artifact_id, number)
);
comment on table trivium.artifact_pieces is 'One after the other they are the JSON of the whole result.';
comment on column trivium.artifact_pieces.kind is
    'rows: entries of the list at path, the first of them number first_row; text: lines of the text at path; json: what is between.';
comment on column trivium.artifact_pieces.content is 'zlib, each piece by itself';
alter table trivium.artifact_pieces alter column content set storage external;

insert into trivium.artifact_pieces (artifact_id, number, kind, content) select id, 0, 'json', content from trivium.artifacts;
alter table trivium.artifacts
    drop column content,
    alter column size_bytes type bigint,
    add column is_complete boolean not null default true;
comment on column trivium.artifacts.is_complete is 'False while its pieces are still being written; nobody is shown it.';
