-- The worker's housekeeping: due retries, lost leases with their events, and due purges.
--
-- Tables: queue.tasks, compute.servers, compute.actions, compute.events, compute.purge_guard.
-- Parameters as queue.sweep_v1; p_previous is what swept_at said at the caller's last sweep, p_elapsed_seconds how long
-- ago that was by the caller's own monotonic clock, p_witness the caller's wall clock.
-- note: why purging stands still, or null.
-- Callers: TaskQueue.sweep in the worker
create or replace function compute.sweep_v1(
    p_may_rescue boolean,
    p_limit integer,
    p_previous timestamptz,
    p_elapsed_seconds double precision,
    p_witness timestamptz
) returns table (swept_at timestamptz, rescued integer, enqueued integer, note text)
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_queues text[];
    v_tasks uuid[];
    v_settled queue.settled[] := '{}';
    v_purged text[];
begin
    if not pg_try_advisory_xact_lock(hashtext('queue.sweep')) then
        return query select v_now, 0, 0, null::text;
        return;
    end if;
    v_queues := queue.promote_due_v1(p_limit);

    if p_may_rescue then
        -- Servers before tasks: only tasks whose server could be locked are rescued in this sweep.
        v_tasks := array(
            select t.id
            from queue.tasks t
            join compute.servers v on v.id = t.subject_id
            where t.status = 'running' and t.lease_expires_at < v_now
            order by v.id
            limit p_limit
            for update of v skip locked
        );
        v_settled := array(select s from queue.rescue_v1(v_tasks, p_limit) s);
        perform compute.settle_v1(v_settled);
    end if;

    v_purged := compute.enqueue_due_purges_v1(p_limit, p_previous, p_elapsed_seconds, p_witness);

    perform queue.notify_v1(array(
        select unnest(v_queues)
        union select s.queue from unnest(v_settled) s where s.status = 'queued'
        union select unnest(v_purged)
    ));
    return query
    select v_now, cardinality(v_settled), cardinality(v_purged), (select g.stopped_reason from compute.purge_guard g);
end
$$;
