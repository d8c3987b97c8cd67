-- A change of datasources tells every cache of them, as one of permissions does: the next call reads them again.

insert into trivium.versions (name) values ('datasources');

create function trivium.datasources_changed() returns trigger language plpgsql as $$
begin
    update trivium.versions set version = version + 1 where name = 'datasources';
    return null;
end $$;
create trigger datasources_changed after insert or update or delete or truncate on trivium.grafana_datasources
    for each statement execute function trivium.datasources_changed();
