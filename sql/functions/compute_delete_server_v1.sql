-- Accepts the soft delete of one server. deleted_at is set here, purge_at when the soft delete finishes.
--
-- Tables: compute.servers, compute.actions, queue.tasks. State: task_state null -> soft-deleting.
-- A server that is soft-deleted or on its way there stays as it is: outcome already, and purge_at does not move.
-- A server that was never launched has nothing to keep: it is destroyed.
-- Parameters and outcomes as compute.restore_server_v1, and already. Callers: Compute.ServerStore.delete
create or replace function compute.delete_server_v1(
    p_server_id uuid,
    p_project_id text,
    p_caller_project_id text,
    p_user_id text,
    p_request_id text,
    p_trace_context text
) returns compute.accepted
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz;
    v_server compute.servers;
    v_task uuid;
    v_kind text;
begin
    select * into v_server from compute.servers v where v.id = p_server_id for update;
    if not found or v_server.vm_state = 'deleted' or v_server.project_id <> p_project_id then
        return row('not_found', null, null, null, null)::compute.accepted;
    end if;
    select a.task_id into v_task from compute.actions a
    where a.request_id = p_request_id and a.server_id = p_server_id;
    if found then
        return row('accepted', v_task, v_server.host, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if v_server.locked_by is not null and p_project_id is not null then
        return row('locked', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if v_server.task_state = 'restoring' then
        return row('wrong_task_state', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if v_server.vm_state = 'soft-delete' or v_server.task_state is not null then
        return row('already', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;

    v_now := queue.clock_v1();
    v_task := queue.new_id_v1();
    v_kind := case when v_server.launched_at is null then 'force_delete' else 'soft_delete' end;
    update compute.servers v
    set task_state = case v_kind when 'soft_delete' then 'soft-deleting' else 'deleting' end,
        deleted_at = v_now, deleted_by = p_user_id, updated_at = v_now
    where v.id = p_server_id;
    insert into compute.actions values
        (p_request_id, p_server_id, p_caller_project_id, p_user_id, 'delete', v_task, v_now, v_now, null);
    perform compute.enqueue_task_v1(v_task, v_server, v_kind, p_request_id, 1, p_trace_context);
    return row('accepted', v_task, v_server.host, v_server.vm_state, 'soft-deleting')::compute.accepted;
end
$$;
