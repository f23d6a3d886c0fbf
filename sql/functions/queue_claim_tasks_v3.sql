-- Claims runnable tasks of several queues and starts one lease on each.
--
-- Tables: queue.tasks, queue.queues. State: queued -> running.
-- p_kinds: what the worker can do; tasks of other kinds are left to others. p_limits: free slots, one number a
-- queue. p_low: low watermark of position, three numbers (priority 0, 1, 2) a queue; 0 looks from the start.
-- Priority classes are claimed in turn: of every seven slots the classes have four, two and one, and what a class leaves
-- goes to the others, the first class first; so none starves. p_turn: how many slots the worker has filled so far.
-- A queue that is paused gives nothing; one with a running_limit gives only up to it, over all workers.
-- A token has the timeline in its upper 19 bits and a number of the sequence in its lower 44: after a failover that lost
-- the sequence's advance it is another than any of before, and every write that compares tokens compares both.
-- cancel_requested: its worker died after somebody had asked to stop it; whoever claims it now looks what was done.
-- next_due_seconds: when the next task in backoff of these queues falls due. limited: one of these queues has a
-- running_limit, so the end of a task can make room. Both come in every row; without a claim in one row whose id is null.
-- Callers: TaskQueue.claim, queue.finish_and_claim_v2, compute.finish_and_claim_v2
create or replace function queue.claim_tasks_v3(
    p_worker_id text,
    p_kinds text[],
    p_queues text[],
    p_limits integer[],
    p_low bigint[],
    p_turn integer,
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
    lease_token bigint,
    lease_timeline bigint,
    trace_context text,
    cancel_requested boolean,
    next_due_seconds double precision,
    limited boolean
)
language plpgsql volatile
-- The row of a queue with a limit may be locked by somebody: the caller asks again.
set lock_timeout = '2s'
-- Prepared on an empty table the planner would choose to read all of it, and keep doing so when it is full.
set enable_seqscan = off
set jit = off
-- A plan for the very values is never worth its making here: each call would be planned anew.
set plan_cache_mode = force_generic_plan
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
    v_timeline bigint := ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint;
    v_places tid[] := '{}';
    v_due double precision;
    v_limited boolean := exists (
        select from queue.queues l where l.name = any(p_queues) and l.running_limit is not null
    );
    q integer;
begin
    -- By name, so that two claims that both wait for queues with a limit never wait for each other.
    for q in select n.place from unnest(p_queues) with ordinality as n (name, place) order by n.name loop
        v_places := v_places || queue.pick_tasks_v1(
            p_queues[q], p_kinds, p_limits[q], p_low[3 * q - 2 : 3 * q], p_turn + cardinality(v_places)
        );
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

    if cardinality(v_places) = 0 then
        return query select
            null::uuid, null::text, null::text, null::uuid, null::text, null::jsonb, null::smallint, null::bigint,
            null::integer, null::integer, null::bigint, null::bigint, null::text, null::boolean, v_due, v_limited;
        return;
    end if;

    return query
    update queue.tasks t
    set status = 'running',
        attempt = t.attempt + 1,
        lease_token = ((v_timeline & 524287) << 44) | (nextval('queue.lease_token_seq') & 17592186044415),
        lease_timeline = v_timeline,
        lease_expires_at = v_now + make_interval(secs => p_lease_seconds),
        worker_id = p_worker_id,
        attempt_started_at = v_now,
        started_at = coalesce(t.started_at, v_now),
        progress = null
    where t.ctid = any(v_places)
    returning
        t.id, t.queue, t.kind, t.subject_id, t.request_id, t.payload, t.priority, t.position, t.attempt,
        t.max_attempts, t.lease_token, t.lease_timeline, t.trace_context,
        t.cancel_requested_at is not null, v_due, v_limited;
end
$$;
