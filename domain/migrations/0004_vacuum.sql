-- The newest days are what is asked about: their pages are marked all-visible soon after they are written, so that
-- counts and histories read the index alone. The default waits for a fifth of the table, about eighteen days of ninety.

alter table trivium.alerts set (
    autovacuum_vacuum_insert_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0.01,
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table trivium.alert_counts set (
    autovacuum_vacuum_insert_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0.01,
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
