-- Cancels the live task of a subject that no worker holds; says whether there was one.
--
-- Tables: queue.tasks -> queue.history. State: queued | retrying -> cancelled. The caller holds the subject's own lock.
-- p_only_unclaimed: only a task that no worker has ever claimed.
-- Callers: compute.restore_server_v1, compute.undo_soft_delete_v1, compute.force_delete_server_v1
create or replace function queue.cancel_waiting_v1(p_subject_id uuid, p_only_unclaimed boolean)
returns setof queue.settled
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_task queue.tasks;
begin
    select * into v_task from queue.tasks t where t.subject_id = p_subject_id for update;
    if not found or v_task.status = 'running' or (p_only_unclaimed and v_task.started_at is not null) then
        return;
    end if;
    perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);
    delete from queue.tasks t where t.id = v_task.id;
    insert into queue.history values (
        v_task.id, v_task.queue, v_task.kind, v_task.subject_id, v_task.request_id, v_task.payload, v_task.priority,
        'cancelled', v_task.attempt, v_task.max_attempts, v_task.lost_leases, null, null, v_task.errors, null,
        v_task.trace_context, v_task.created_at, v_task.started_at, v_now
    );
    return query select v_task.id, null::bigint, 'finished', 'cancelled', v_task.kind, v_task.queue, v_task.subject_id,
        v_task.request_id, v_task.attempt, null::text, v_task.created_at, null::jsonb;
end
$$;
