-- Keeps one server from being purged, however long its retention has been over, or lets it go again; says whether there
-- is such a server. A purge whose worker has had its last look goes on.
--
-- Tables: compute.servers. Callers: Compute.ServerStore.setHold (reprieve bin hold, reprieve bin release)
create or replace function compute.hold_server_v1(p_server_id uuid, p_is_held boolean) returns boolean
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
begin
    update compute.servers v
    set held_at = case when p_is_held then coalesce(v.held_at, queue.clock_v1()) end
    where v.id = p_server_id and v.vm_state <> 'deleted';
    return found;
end
$$;
