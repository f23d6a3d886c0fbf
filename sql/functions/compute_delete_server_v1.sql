-- Accepts the soft delete of one server. deleted_at is set here, purge_at when the soft delete finishes.
--
-- Tables: compute.servers, compute.projects, compute.actions, queue.tasks. State: task_state null -> soft-deleting.
-- A server that is soft-deleted or on its way there stays as it is: outcome already, and purge_at does not move.
-- A server that was never launched has nothing to keep: it is destroyed.
-- Parameters and outcomes as compute.restore_server_v1, and already.
-- Callers: Compute.ServerStore.delete, compute.delete_servers_v1
create or replace function compute.delete_server_v1(
    p_server_id uuid,
    p_project_id text,
    p_caller_project_id text,
    p_user_id text,
    p_request_id text,
    p_trace_context text
) returns compute.accepted
language plpgsql volatile
-- A row that somebody holds locked must not keep the requests for others.
set lock_timeout = '1s'
set enable_seqscan = off
set jit = off
-- A plan for the very values is never worth its making here: each call would be planned anew.
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz;
    v_server compute.servers;
    v_found record;
    v_task uuid;
    v_kind text;
    v_task_state text;
begin
    select * into v_found from compute.lock_server_v1(p_server_id, p_project_id, p_request_id);
    if (v_found.o_answer).outcome is not null then
        return v_found.o_answer;
    end if;
    v_server := v_found.o_server;
    if v_server.task_state = 'restoring' then
        return row('wrong_task_state', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if v_server.vm_state = 'soft-delete' or v_server.task_state is not null then
        return row('already', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;

    if not compute.count_task_v1(v_server.project_id, true) then
        return row('over_limit', null, null, v_server.vm_state, null)::compute.accepted;
    end if;
    v_now := queue.clock_v1();
    v_task := queue.new_id_v1();
    v_kind := case when v_server.launched_at is null then 'force_delete' else 'soft_delete' end;
    v_task_state := case v_kind when 'soft_delete' then 'soft-deleting' else 'deleting' end;
    update compute.servers v
    set task_state = v_task_state,
        deleted_at = v_now, deleted_by = p_user_id, keep_for = (select s.retention from compute.settings s),
        updated_at = v_now
    where v.id = p_server_id;
    insert into compute.actions values (
        p_request_id, p_server_id, p_caller_project_id, p_user_id, 'delete', v_task, v_now, v_now, null,
        nullif(v_server.project_id, p_caller_project_id)
    );
    perform compute.enqueue_task_v1(v_task, v_server, v_kind, p_request_id, 1, p_trace_context);
    return row('accepted', v_task, v_server.host, v_server.vm_state, v_task_state)::compute.accepted;
end
$$;
