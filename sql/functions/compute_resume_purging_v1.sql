-- An operator says that the clock is right: purging goes on. Returns why it stood still, or null if it did not.
--
-- Tables: compute.purge_guard. Callers: Compute.ServerStore.resumePurging (reprieve bin resume)
create or replace function compute.resume_purging_v1() returns text
language plpgsql volatile
as $$
declare
    v_reason text;
begin
    select g.stopped_reason into v_reason from compute.purge_guard g for update;
    update compute.purge_guard set stopped_at = null, stopped_reason = null, last_seen_at = null;
    return v_reason;
end
$$;
