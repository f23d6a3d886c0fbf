-- Claims runnable tasks of several queues and starts one lease on each.
--
-- Tables: queue.tasks. State: queued -> running.
-- p_kinds: what the worker can do; tasks of other kinds are left to others. p_limits: free slots, one number a
-- queue. p_low: low watermark of position, three numbers (priority 0, 1, 2) a queue;
-- 0 looks from the start. next_due_seconds: when the next task in backoff of these queues falls due, in every row; without
-- a claim it comes in one row whose id is null.
-- Callers: TaskQueue.claim
create or replace function queue.claim_tasks_v1(
    p_worker_id text,
    p_kinds text[],
    p_queues text[],
    p_limits integer[],
    p_low bigint[],
    p_lease_seconds double precision
) returns table (
    id uuid,
    queue text,
    kind text,
    subject_id uuid,
    request_id text,
    payload jsonb,
    priority smallint,
    "position" bigint,
    attempt integer,
    max_attempts integer,
    lost_leases integer,
    lease_token bigint,
    lease_timeline bigint,
    trace_context text,
    next_due_seconds double precision
)
language plpgsql volatile
-- Prepared on an empty table the planner would choose to read all of it, and keep doing so when it is full.
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
    v_ids uuid[] := '{}';
    v_found uuid[];
    v_room integer;
    v_due double precision;
begin
    for q in 1 .. cardinality(p_queues) loop
        v_room := p_limits[q];
        for class in 0 .. 2 loop
            exit when v_room <= 0;
            v_found := array(
                select t.id
                from queue.tasks t
                where t.status = 'queued' and t.queue = p_queues[q] and t.priority = class
                    and t.position >= p_low[3 * (q - 1) + class + 1] and t.kind = any(p_kinds)
                order by t.position
                limit v_room
                for update skip locked
            );
            v_ids := v_ids || v_found;
            v_room := v_room - cardinality(v_found);
        end loop;
    end loop;

    v_due := (
        select extract(epoch from min(first.available_at) - v_now)
        from unnest(p_queues) as q (name)
        cross join lateral (
            select t.available_at
            from queue.tasks t
            where t.status = 'retrying' and t.queue = q.name
            order by t.available_at
            limit 1
        ) first
    );

    if cardinality(v_ids) = 0 then
        return query select
            null::uuid, null::text, null::text, null::uuid, null::text, null::jsonb, null::smallint, null::bigint,
            null::integer, null::integer, null::integer, null::bigint, null::bigint, null::text, v_due;
        return;
    end if;

    return query
    update queue.tasks t
    set status = 'running',
        attempt = t.attempt + 1,
        lease_token = nextval('queue.lease_token_seq'),
        lease_timeline = ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint,
        lease_expires_at = v_now + make_interval(secs => p_lease_seconds),
        worker_id = p_worker_id,
        attempt_started_at = v_now,
        started_at = coalesce(t.started_at, v_now),
        progress = null
    where t.id = any(v_ids)
    returning
        t.id, t.queue, t.kind, t.subject_id, t.request_id, t.payload, t.priority, t.position, t.attempt,
        t.max_attempts, t.lost_leases, t.lease_token, t.lease_timeline, t.trace_context, v_due;
end
$$;
