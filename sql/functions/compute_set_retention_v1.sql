-- Sets how long servers that are deleted from now on are kept: purge_at of the others never moves.
--
-- Tables: compute.settings. Callers: Compute.ServerStore.setRetention (reprieve bin retention)
create or replace function compute.set_retention_v1(p_retention interval) returns void
language sql volatile
as $$
    update compute.settings set retention = p_retention
$$;
