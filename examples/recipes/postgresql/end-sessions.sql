-- Ends the open sessions of one identity, after its certificate was revoked:
--   psql -v dn=/CN=billing -f end-sessions.sql
-- Who still has a valid certificate of that name connects again.
select pid, usename, client_serial, pg_terminate_backend(pid) as ended
from pg_stat_ssl join pg_stat_activity using (pid)
where client_dn = :'dn' and pid <> pg_backend_pid();
