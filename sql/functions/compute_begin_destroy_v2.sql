-- The last look before a server is destroyed.
--
-- destroy: go on; the server is marked deleting. spare: it must live, and nothing has touched it. look: it must live or is
-- gone already; an attempt before this one may have destroyed it without being able to say so, so ask its host.
-- Raises RQ001 when the caller's lease is lost. A force delete was decided when it was accepted: only its lease counts.
-- Tables: compute.servers, compute.purge_guard, queue.tasks. State: task_state null -> deleting.
-- Callers: Compute.ServerStore.beginDestroy
create or replace function compute.begin_destroy_v2(p_task_id uuid, p_token bigint) returns text
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_server compute.servers;
    v_task queue.tasks;
begin
    perform from compute.servers v
    where v.id = (select t.subject_id from queue.tasks t where t.id = p_task_id and t.lease_token = p_token)
    for update;
    select t.* into v_task from queue.tasks t where t.id = p_task_id and t.lease_token = p_token for update;
    if not found then
        raise exception 'the lease on task % is lost', p_task_id using errcode = 'RQ001';
    end if;
    select v.* into v_server from compute.servers v where v.id = v_task.subject_id;
    if v_server.vm_state = 'deleted' then
        return 'look';
    end if;
    if v_task.kind = 'force_delete' then
        return 'destroy';
    end if;
    -- Before every attempt, also after a first one that failed: a hold, a cancel or a mended clock since then saves it.
    if v_server.vm_state <> 'soft-delete' or coalesce(v_server.task_state, 'deleting') <> 'deleting'
        or v_server.held_at is not null or v_server.purge_at > queue.clock_v1()
        or v_task.cancel_requested_at is not null
        or exists (select from compute.purge_guard g where g.stopped_at is not null) then
        return case when v_server.task_state = 'deleting' then 'look' else 'spare' end;
    end if;
    update compute.servers v set task_state = 'deleting', updated_at = queue.clock_v1() where v.id = v_server.id;
    return 'destroy';
end
$$;
