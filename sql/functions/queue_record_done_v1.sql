-- Records a task that was done in the accepting transaction itself, so that its client can poll it like any other.
--
-- Tables: queue.history. State: (none) -> succeeded.
-- Callers: compute.restore_server_v1 (a soft delete undone before a worker claimed it),
-- compute.start_waiting_force_deletes_v1 (a destroy that another task has done)
create or replace function queue.record_done_v1(
    p_id uuid, p_queue text, p_kind text, p_subject_id uuid, p_request_id text, p_result jsonb, p_trace_context text
) returns void
language plpgsql volatile
as $$
declare
    v_now timestamptz := queue.clock_v1();
begin
    perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);
    insert into queue.history values (
        p_id, p_queue, p_kind, p_subject_id, p_request_id, '{}', 0, 'succeeded', 0, 1, 0, null, null, '[]', p_result,
        p_trace_context, v_now, null, v_now
    );
end
$$;
