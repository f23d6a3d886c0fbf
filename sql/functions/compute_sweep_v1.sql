-- The worker's housekeeping: due retries, lost leases with their events, and due purges.
--
-- Tables: queue.tasks, compute.servers, compute.actions, compute.events, compute.purge_guard.
-- Parameters as queue.sweep_v1; p_previous is what swept_at said at the caller's last sweep, p_elapsed_seconds how long
-- ago that was by the caller's own monotonic clock, p_witness the caller's wall clock.
-- swept_at: null when another sweep is at work, and this one did nothing. note: why purging stands still, or null.
-- What fails for one server keeps no other from its rescue, and a purge that fails keeps nobody: there is a warning.
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
-- It holds the lock of all sweeps, so it must not wait for anybody for long.
set lock_timeout = '1s'
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_queues text[];
    v_servers uuid[];
    v_server uuid;
    v_settled queue.settled[] := '{}';
    v_purged text[] := '{}';
begin
    if not pg_try_advisory_xact_lock(hashtext('queue.sweep')) then
        return query select null::timestamptz, 0, 0, null::text;
        return;
    end if;
    v_queues := queue.promote_due_v1(p_limit);

    if p_may_rescue then
        v_servers := array(
            select t.subject_id
            from queue.tasks t
            where t.status = 'running'
                and (t.lease_expires_at < v_now or t.lease_expires_at > v_now + interval '10 minutes')
            limit p_limit
        );
        begin
            v_settled := compute.rescue_v1(v_servers, p_limit);
        exception
            when others then
                -- Somebody may hold the row of one project, or of many.
                perform set_config('lock_timeout', '20ms', true);
                foreach v_server in array v_servers loop
                    begin
                        v_settled := v_settled || compute.rescue_v1(array[v_server], p_limit);
                    exception
                        when others then
                            raise warning 'the task of server % could not be rescued: %', v_server, sqlerrm;
                    end;
                end loop;
                perform set_config('lock_timeout', '1s', true);
        end;
    end if;

    begin
        v_purged := compute.enqueue_due_purges_v1(p_limit, p_previous, p_elapsed_seconds, p_witness);
    exception
        when others then
            raise warning 'purges that are due could not be enqueued: %', sqlerrm;
    end;

    perform queue.notify_v1(array(
        select unnest(v_queues)
        union select s.queue from unnest(v_settled) s where s.status = 'queued'
        union select unnest(v_purged)
    ));
    return query
    select v_now, cardinality(v_settled), cardinality(v_purged), (select g.stopped_reason from compute.purge_guard g);
end
$$;
