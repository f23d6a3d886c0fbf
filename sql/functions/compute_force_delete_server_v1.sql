-- Accepts the destruction of one server, in any state.
--
-- Tables: compute.servers, compute.projects, compute.actions, queue.tasks. State: any task_state -> deleting.
-- A task of the server that waits is cancelled here; one that runs is asked to stop, and its finish enqueues the
-- destroy (compute.start_waiting_force_deletes_v1), so that two tasks never act on one server.
-- It counts as a task of its project and is never refused for their number.
-- Parameters and outcomes as compute.restore_server_v1. Callers: Compute.ServerStore.forceDelete
create or replace function compute.force_delete_server_v1(
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
as $$
declare
    v_now timestamptz;
    v_server compute.servers;
    v_found record;
    v_task uuid;
begin
    select * into v_found from compute.lock_server_v1(p_server_id, p_project_id, p_request_id);
    if (v_found.o_answer).outcome is not null then
        return v_found.o_answer;
    end if;
    v_server := v_found.o_server;
    -- One destroy is enough: a second request gets the task of the first.
    select a.task_id into v_task from compute.actions a
    where a.request_id = coalesce(
        v_server.force_delete_request_id,
        (select t.request_id from queue.tasks t where t.subject_id = p_server_id and t.kind = 'force_delete')
    );
    if found then
        return row('already', v_task, v_server.host, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;

    v_now := queue.clock_v1();
    v_task := queue.new_id_v1();
    insert into compute.actions values (
        p_request_id, p_server_id, p_caller_project_id, p_user_id, 'delete', v_task, v_now, v_now, null,
        nullif(v_server.project_id, p_caller_project_id)
    );
    perform compute.settle_v1(array(select s from queue.cancel_waiting_v1(p_server_id, false) s));
    update queue.tasks t set cancel_requested_at = v_now where t.subject_id = p_server_id;
    if found then
        update compute.servers v
        set force_delete_request_id = p_request_id, updated_at = v_now
        where v.id = p_server_id;
        return row('accepted', v_task, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    update compute.servers v
    set task_state = 'deleting', deleted_at = coalesce(v.deleted_at, v_now),
        deleted_by = coalesce(v.deleted_by, p_user_id), updated_at = v_now
    where v.id = p_server_id;
    perform compute.count_task_v1(v_server.project_id, false);
    perform compute.enqueue_task_v1(v_task, v_server, 'force_delete', p_request_id, 0, p_trace_context);
    return row('accepted', v_task, v_server.host, v_server.vm_state, 'deleting')::compute.accepted;
end
$$;
