-- Extends the leases of one process, says which are to be cancelled or lost, and that the process lives.
--
-- Tables: queue.workers, queue.tasks. A row that somebody holds locked is neither extended nor lost: it is left out of
-- the answer, and the next heartbeat looks again.
-- verdict: held; cancel (held, but somebody asked to stop it); lost (the lease is another's, or the task is finished);
-- unknown (a lease of this worker that it did not name: it must hand it back).
-- id = any(p_ids) beside each join keeps a plan from reading all of the primary key to hash or merge it.
-- Callers: TaskQueue.heartbeat
create or replace function queue.heartbeat_v1(
    p_worker_id text,
    p_queues text[],
    p_version text,
    p_stopping boolean,
    p_ids uuid[],
    p_tokens bigint[],
    p_progress jsonb[],
    p_lease_seconds double precision
) returns table (id uuid, token bigint, verdict text)
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
    v_locked uuid[];
begin
    insert into queue.workers as w (id, queues, version, started_at, last_seen_at, stopping)
    values (p_worker_id, p_queues, p_version, v_now, v_now, p_stopping)
    on conflict (id) do update set last_seen_at = v_now, stopping = p_stopping, queues = p_queues;

    v_locked := array(
        select t.id
        from queue.tasks t
        join unnest(p_ids, p_tokens) as mine (id, token) on t.id = mine.id and t.lease_token = mine.token
        where t.id = any(p_ids)
        order by t.id
        for update of t skip locked
    );

    return query
    update queue.tasks t
    set lease_expires_at = v_now + make_interval(secs => p_lease_seconds),
        progress = coalesce(mine.progress, t.progress)
    from unnest(p_ids, p_tokens, p_progress) as mine (id, token, progress)
    where t.id = mine.id and t.lease_token = mine.token and t.id = any(v_locked)
    returning t.id, t.lease_token, case when t.cancel_requested_at is null then 'held' else 'cancel' end;

    return query
    select mine.id, mine.token, 'lost'
    from unnest(p_ids, p_tokens) as mine (id, token)
    where not exists (
        select from queue.tasks t where t.id = mine.id and t.lease_token = mine.token and t.id = any(p_ids)
    );

    return query
    select t.id, t.lease_token, 'unknown'
    from unnest(p_queues) as q (name)
    cross join lateral (
        select r.id, r.lease_token
        from queue.tasks r
        where r.status = 'running' and r.queue = q.name and r.worker_id = p_worker_id
        offset 0
    ) t
    where not exists (
        select from unnest(p_ids, p_tokens) as mine (id, token)
        where mine.id = t.id and mine.token = t.lease_token
    );
end
$$;
