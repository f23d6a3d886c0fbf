-- The last look before a server is destroyed: true marks it deleting, false means that it must live.
--
-- Raises RQ001 when the caller's lease is lost. A force delete was decided when it was accepted: only its lease counts.
-- Tables: compute.servers, compute.purge_guard, queue.tasks. State: task_state null -> deleting.
-- Callers: Compute.ServerStore.beginDestroy
create or replace function compute.begin_destroy_v1(p_task_id uuid, p_token bigint) returns boolean
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_server compute.servers;
    v_kind text;
begin
    perform from compute.servers v
    where v.id = (select t.subject_id from queue.tasks t where t.id = p_task_id and t.lease_token = p_token)
    for update;
    select t.kind into v_kind from queue.tasks t where t.id = p_task_id and t.lease_token = p_token for update;
    if not found then
        raise exception 'the lease on task % is lost', p_task_id using errcode = 'RQ001';
    end if;
    select v.* into v_server from compute.servers v join queue.tasks t on t.subject_id = v.id where t.id = p_task_id;
    if v_kind = 'force_delete' then
        return v_server.vm_state <> 'deleted';
    end if;
    -- Before every attempt, also after a first one that failed: a hold or a mended clock since then saves the server.
    if v_server.vm_state <> 'soft-delete' or coalesce(v_server.task_state, 'deleting') <> 'deleting'
        or v_server.held_at is not null or v_server.purge_at > queue.clock_v1()
        or exists (select from compute.purge_guard g where g.stopped_at is not null) then
        return false;
    end if;
    update compute.servers v set task_state = 'deleting', updated_at = queue.clock_v1() where v.id = v_server.id;
    return true;
end
$$;
