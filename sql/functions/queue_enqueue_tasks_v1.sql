-- Enqueues a batch of tasks; gives the ids of those it took. One is left out when its subject has a live task.
--
-- Tables: queue.tasks. State: (none) -> queued. Positions follow the order of the arrays.
-- Callers: TaskQueue.enqueue
create or replace function queue.enqueue_tasks_v1(
    p_ids uuid[],
    p_queues text[],
    p_kinds text[],
    p_subject_ids uuid[],
    p_request_ids text[],
    p_payloads jsonb[],
    p_priorities integer[],
    p_max_attempts integer[],
    p_trace_contexts text[]
) returns table (id uuid)
language plpgsql volatile
set enable_seqscan = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
begin
    return query
    insert into queue.tasks as t (
        id, queue, kind, subject_id, request_id, payload, priority, position, status, available_at, max_attempts,
        trace_context, created_at
    )
    select n.id, n.queue, n.kind, n.subject_id, n.request_id, coalesce(n.payload, '{}'), n.priority,
        nextval('queue.position_seq'), 'queued', v_now, n.max_attempts, n.trace_context, v_now
    from unnest(
        p_ids, p_queues, p_kinds, p_subject_ids, p_request_ids, p_payloads, p_priorities, p_max_attempts,
        p_trace_contexts
    ) as n (id, queue, kind, subject_id, request_id, payload, priority, max_attempts, trace_context)
    on conflict (subject_id) do nothing
    returning t.id;
end
$$;
