-- Pauses a queue: no worker claims from it until it is resumed, its tasks are accepted and wait, running ones go on.
--
-- Pausing it again changes the reason, if there is a new one, and not the time. Returns since when it had been paused
-- before, or null. Tables: queue.queues. Callers: TaskQueue.pause (reprieve queue pause)
create or replace function queue.pause_v1(p_queue text, p_reason text) returns timestamptz
language plpgsql volatile
as $$
declare
    v_before timestamptz;
begin
    select q.paused_at into v_before from queue.queues q where q.name = p_queue for no key update;
    insert into queue.queues as q (name, paused_at, pause_reason) values (p_queue, queue.clock_v1(), p_reason)
    on conflict (name) do update
    set paused_at = coalesce(q.paused_at, excluded.paused_at),
        pause_reason = coalesce(excluded.pause_reason, q.pause_reason);
    return v_before;
end
$$;
