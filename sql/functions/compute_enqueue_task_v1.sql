-- Enqueues a task for a server on its host's queue, with the attempts that the settings allow.
--
-- Tables: queue.tasks, compute.settings. Callers: the accepting functions, compute.enqueue_due_purges_v1,
-- compute.start_waiting_force_deletes_v1
create or replace function compute.enqueue_task_v1(
    p_task_id uuid,
    p_server compute.servers,
    p_kind text,
    p_request_id text,
    p_priority integer,
    p_trace_context text
) returns void
language plpgsql volatile
as $$
begin
    perform queue.enqueue_v1(
        p_task_id, p_server.host, p_kind, p_server.id, p_request_id, '{}', p_priority,
        (select s.max_attempts from compute.settings s), p_trace_context
    );
end
$$;
