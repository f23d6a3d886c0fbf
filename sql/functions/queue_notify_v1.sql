-- Wakes the workers of some queues. The poll is the truth: a lost notification costs at most one poll interval.
--
-- NOTIFY takes a database-wide lock through the flush, so no accepting transaction calls this: queue.wake_v1 does,
-- after the commit. A sweep may, once for its whole batch. Callers: queue.wake_v1, queue.sweep_v1, compute.sweep_v1
create or replace function queue.notify_v1(p_queues text[]) returns void
language sql volatile
as $$
    select pg_notify('reprieve_tasks', q) from unnest(p_queues) as q
$$;
