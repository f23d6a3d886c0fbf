-- Force deletes that waited for a task of these servers, which has just ended: enqueued now, or done if that task
-- destroyed the server.
--
-- The caller holds the rows of their projects. Tables: compute.servers, compute.projects, compute.actions, queue.tasks,
-- queue.history. Callers: compute.settle_v1
create or replace function compute.start_waiting_force_deletes_v1(p_servers uuid[]) returns void
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_server compute.servers;
    v_action compute.actions;
begin
    for v_server in
        select v.* from compute.servers v
        where v.id = any(p_servers) and v.force_delete_request_id is not null
        order by v.id
    loop
        select * into v_action from compute.actions a where a.request_id = v_server.force_delete_request_id;
        if v_server.vm_state = 'deleted' then
            perform queue.record_done_v1(
                v_action.task_id, v_server.host, 'force_delete', v_server.id, v_action.request_id, null, null
            );
            update compute.servers v set force_delete_request_id = null where v.id = v_server.id;
        else
            -- A soft delete that was cancelled for it has taken its own date back.
            update compute.servers v
            set force_delete_request_id = null, task_state = 'deleting',
                deleted_at = coalesce(v.deleted_at, v_action.start_time),
                deleted_by = coalesce(v.deleted_by, v_action.user_id)
            where v.id = v_server.id;
            perform compute.count_task_v1(v_server.project_id, false);
            perform compute.enqueue_task_v1(
                v_action.task_id, v_server, 'force_delete', v_action.request_id, 0, null
            );
            perform queue.notify_v1(array[v_server.host]);
        end if;
    end loop;
end
$$;
