-- Extends the leases of one process, says which are to be cancelled or lost, and that the process lives.
--
-- Tables: queue.workers, queue.tasks. A row that somebody holds locked is neither extended nor lost: it is left out of
-- the answer, and the next heartbeat looks again.
-- verdict: held; cancel (held, but somebody asked to stop it); lost (the lease is another's, or the task is finished);
-- unknown (a lease of this worker that it did not name: it must hand it back).
-- Rows are locked in the order of ids and then reached by their place (ctid), which a locked row keeps; the lateral
-- parts keep a plan that was made on an empty table from reading all of a full one.
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
-- A plan for the very values is never worth its making here: each call would be planned anew.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
    v_places tid[];
    v_progress jsonb[];
begin
    insert into queue.workers as w (id, queues, version, started_at, last_seen_at, stopping)
    values (p_worker_id, p_queues, p_version, v_now, v_now, p_stopping)
    on conflict (id) do update set last_seen_at = v_now, stopping = p_stopping, queues = p_queues;

    select array_agg(l.place), array_agg(mine.progress) into v_places, v_progress
    from (
        select * from unnest(p_ids, p_tokens, p_progress) as m (id, token, progress) order by m.id
    ) mine
    cross join lateral (
        select t.ctid as place from queue.tasks t
        where t.id = mine.id and t.lease_token = mine.token
        for update skip locked
    ) l;

    return query
    update queue.tasks t
    set lease_expires_at = v_now + make_interval(secs => p_lease_seconds),
        progress = coalesce(mine.progress, t.progress)
    from unnest(v_places, v_progress) as mine (place, progress)
    where t.ctid = mine.place
    returning t.id, t.lease_token, case when t.cancel_requested_at is null then 'held' else 'cancel' end;

    return query
    select mine.id, mine.token, 'lost'
    from unnest(p_ids, p_tokens) as mine (id, token)
    left join lateral (
        select true as is_there from queue.tasks t where t.id = mine.id and t.lease_token = mine.token offset 0
    ) found on true
    where found.is_there is null;

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
