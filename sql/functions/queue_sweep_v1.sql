-- Housekeeping that any worker may do: tasks in backoff fall due, leases that ran out are rescued.
--
-- One call is one bounded batch. An advisory lock keeps sweeps from doing the same work at once; who does not get it
-- has nothing to do. There is no leader.
-- p_may_rescue: false until the caller's own contact with the database has been unbroken for one lease, or the first
-- sweep after a failover would take the tasks of every live worker.
-- The last three parameters are the caller's clock, for owners of subjects that keep deadlines; the queue has none.
-- swept_at: null when another sweep is at work, and this one did nothing. Callers: TaskQueue.sweep
create or replace function queue.sweep_v1(
    p_may_rescue boolean,
    p_limit integer,
    p_previous timestamptz,
    p_elapsed_seconds double precision,
    p_witness timestamptz
) returns table (swept_at timestamptz, rescued integer, enqueued integer, note text)
language plpgsql volatile
-- It holds the lock of all sweeps, so it must not wait for anybody for long.
set lock_timeout = '1s'
as $$
declare
    v_queues text[];
    v_settled queue.settled[] := '{}';
begin
    if not pg_try_advisory_xact_lock(hashtext('queue.sweep')) then
        return query select null::timestamptz, 0, 0, null::text;
        return;
    end if;
    v_queues := queue.promote_due_v1(p_limit);
    if p_may_rescue then
        v_settled := array(select s from queue.rescue_v1(null, p_limit) s);
    end if;
    perform queue.notify_v1(array(
        select unnest(v_queues) union select s.queue from unnest(v_settled) s where s.status = 'queued'
    ));
    return query select queue.clock_v1(), cardinality(v_settled), 0, null::text;
end
$$;
