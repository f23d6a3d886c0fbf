-- Sets how many tasks of a queue may run at once, over all its workers; null: as many as they have slots.
--
-- Those that run go on, also when they are more. Tables: queue.queues.
-- Callers: TaskQueue.setRunningLimit (reprieve queue limit)
create or replace function queue.limit_v1(p_queue text, p_running_limit integer) returns void
language plpgsql volatile
as $$
begin
    insert into queue.queues as q (name, running_limit) values (p_queue, p_running_limit)
    on conflict (name) do update set running_limit = p_running_limit;
    delete from queue.queues q where q.name = p_queue and q.paused_at is null and q.running_limit is null;
end
$$;
