-- Wakes the workers of some queues. The poll is the truth: a lost notification costs at most one poll interval.
--
-- NOTIFY takes a database-wide lock through the flush, so no accepting transaction calls this: queue.wake_v1 does,
-- after the commit. A sweep may, once for its whole batch, and so may what is seldom: tasks that are handed back, and
-- force deletes that had to wait.
-- Callers: queue.wake_v1, queue.sweep_v1, compute.sweep_v1, queue.finish_tasks_v1, compute.start_waiting_force_deletes_v1
create or replace function queue.notify_v1(p_queues text[]) returns void
language sql volatile
as $$
    select pg_notify('reprieve_tasks', q) from unnest(p_queues) as q
$$;
