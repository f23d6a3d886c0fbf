-- Enqueues one task inside the caller's transaction.
--
-- Tables: queue.tasks. State: (none) -> queued. At most one live task per subject: a second one is a 23505.
-- Callers: compute.enqueue_task_v1, TaskQueue.enqueue
create or replace function queue.enqueue_v1(
    p_id uuid,
    p_queue text,
    p_kind text,
    p_subject_id uuid,
    p_request_id text,
    p_payload jsonb,
    p_priority integer,
    p_max_attempts integer,
    p_trace_context text
) returns void
language plpgsql volatile
as $$
declare
    v_now timestamptz := queue.clock_v1();
begin
    insert into queue.tasks (
        id, queue, kind, subject_id, request_id, payload, priority, position, status, available_at, max_attempts,
        trace_context, created_at
    ) values (
        p_id, p_queue, p_kind, p_subject_id, p_request_id, coalesce(p_payload, '{}'), p_priority,
        nextval('queue.position_seq'), 'queued', v_now, p_max_attempts, p_trace_context, v_now
    );
end
$$;
