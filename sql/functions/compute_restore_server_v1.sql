-- Accepts the restore of one soft-deleted server: its state, the action record and the task in one transaction.
--
-- Tables: compute.servers, compute.projects, compute.actions, queue.tasks. State: task_state null -> restoring.
-- p_project_id: the caller's project, or null for an administrator, who may restore anybody's and unlock nothing.
-- A soft delete that no worker has claimed is undone on the spot; a purge that no worker has claimed is cancelled.
-- outcome: accepted; not_found; locked; wrong_vm_state; wrong_task_state; over_limit (the project has as many
-- unfinished tasks as it may); over_quota (compute.quota_shortage_v1 says of what). A repeated request id gets its first outcome.
-- Callers: Compute.ServerStore.restore, compute.restore_servers_v1
create or replace function compute.restore_server_v1(
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
    v_live queue.tasks;
    v_refusal text;
begin
    select * into v_found from compute.lock_server_v1(p_server_id, p_project_id, p_request_id);
    if (v_found.o_answer).outcome is not null then
        return v_found.o_answer;
    end if;
    v_server := v_found.o_server;

    v_now := queue.clock_v1();
    v_task := queue.new_id_v1();
    if v_server.task_state = 'soft-deleting' then
        if compute.undo_soft_delete_v1(v_server) then
            insert into compute.actions values (
                p_request_id, p_server_id, p_caller_project_id, p_user_id, 'restore', v_task, v_now, v_now, null,
                nullif(v_server.project_id, p_caller_project_id)
            );
            insert into compute.events (request_id, event, attempt, start_time, finish_time, result, host)
            values (p_request_id, 'compute_restore_instance', 0, v_now, v_now, 'Success', v_server.host);
            perform queue.record_done_v1(
                v_task, v_server.host, 'restore', p_server_id, p_request_id, '{"undone": "soft_delete"}',
                p_trace_context
            );
            return row('accepted', v_task, null, v_server.vm_state, null)::compute.accepted;
        end if;
        return row('wrong_task_state', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if v_server.vm_state <> 'soft-delete' then
        return row('wrong_vm_state', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if v_server.task_state is not null then
        return row('wrong_task_state', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;

    -- At rest, so the only task it can have is a purge that the sweep has just made.
    select * into v_live from queue.tasks t where t.subject_id = p_server_id for update;
    if v_live.status = 'running' then
        return row('wrong_task_state', null, null, v_server.vm_state, 'deleting')::compute.accepted;
    end if;
    if v_live.id is not null then
        -- The cancel will need it, and whoever makes it may wait for a project.
        perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);
    end if;
    v_refusal := compute.reserve_v1(v_server.project_id, v_server.cores, v_server.ram);
    if v_refusal is not null then
        return row(v_refusal, null, null, v_server.vm_state, null)::compute.accepted;
    end if;
    if v_live.id is not null then
        perform compute.settle_v1(array(select s from queue.cancel_waiting_v1(p_server_id, false) s));
    end if;

    update compute.servers v set task_state = 'restoring', updated_at = v_now where v.id = p_server_id;
    insert into compute.actions values (
        p_request_id, p_server_id, p_caller_project_id, p_user_id, 'restore', v_task, v_now, v_now, null,
        nullif(v_server.project_id, p_caller_project_id)
    );
    perform compute.enqueue_task_v1(v_task, v_server, 'restore', p_request_id, 0, p_trace_context);
    return row('accepted', v_task, v_server.host, v_server.vm_state, 'restoring')::compute.accepted;
end
$$;
