-- Lets workers claim from a queue again. Returns since when it had been paused, or null if it was not.
--
-- Tables: queue.queues. Callers: TaskQueue.resume (reprieve queue resume), which wakes the workers afterwards
create or replace function queue.resume_v1(p_queue text) returns timestamptz
language plpgsql volatile
as $$
declare
    v_since timestamptz;
begin
    select q.paused_at into v_since from queue.queues q where q.name = p_queue for no key update;
    update queue.queues q set paused_at = null, pause_reason = null where q.name = p_queue;
    delete from queue.queues q where q.name = p_queue and q.running_limit is null;
    return v_since;
end
$$;
