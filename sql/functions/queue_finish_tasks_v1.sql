-- Ends the attempts of a batch of tasks, each under its lease token.
--
-- Tables: queue.tasks, queue.history, queue.dead. State: running -> succeeded | cancelled | failed | retrying | queued.
-- Outcome of a row: succeeded; failed (the dead letter); cancelled; retrying (after p_delays seconds); waiting (as
-- retrying, but nothing could be tried, so it does not count as an attempt, however often); released (handed back, the
-- attempt does not count); rescued (as released, but counted as a lost lease, of which there is a limit).
-- unseen: it was asked to cancel and nobody could say what it has done, so it is looked at again, as often as leases may
-- be lost.
-- A first claim that ends as waiting leaves the task as one that was never claimed: nothing was touched.
-- A task that somebody asked to cancel is never tried again; but one that was rescued is claimed once more, by a worker
-- that looks what the one that died has done.
-- A row whose id and token do not match a live task has lost its lease, unless this very finish is found done.
-- The match is by id and token, never by status: that would walk the dead entries of a partial index.
-- Rows are locked first, in the order of ids, and then reached by their place (ctid), which a locked row keeps. Joins to
-- the table stand in a lateral part with "offset 0", so that a plan made on an empty table cannot read all of it.
-- Callers: TaskQueue.finish, compute.finish_tasks_v1, queue.finish_and_claim_v2, queue.rescue_v1
create or replace function queue.finish_tasks_v1(
    p_ids uuid[],
    p_tokens bigint[],
    p_outcomes text[],
    p_delays double precision[],
    p_results jsonb[],
    p_errors jsonb[]
) returns setof queue.settled
language plpgsql volatile
-- A row that somebody holds locked must not keep the rest of the batch: the caller sends it alone.
set lock_timeout = '2s'
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
-- A plan for the very values is never worth its making here: each call would be planned anew.
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_limit integer := (select lost_lease_limit from queue.settings);
    v_places tid[];
    v_outcomes text[];
    v_delays double precision[];
    v_results jsonb[];
    v_errors jsonb[];
    v_done queue.settled[];
begin
    select array_agg(l.ctid), array_agg(i.outcome), array_agg(i.delay), array_agg(i.result), array_agg(i.error)
    into v_places, v_outcomes, v_delays, v_results, v_errors
    from (
        select * from unnest(p_ids, p_tokens, p_outcomes, p_delays, p_results, p_errors)
            as i (id, token, outcome, delay, result, error)
        order by i.id
    ) i
    cross join lateral (
        select t.ctid from queue.tasks t where t.id = i.id and t.lease_token = i.token for update
    ) l;
    -- After the tasks, as a rescue, which comes with its tasks locked, can only do.
    perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);

    with ended as (
        select t.*, i.place, i.delay, i.result, i.error, i.outcome as asked,
            case
                when t.cancel_requested_at is not null and i.outcome in ('retrying', 'waiting', 'released')
                    then 'cancelled'
                when i.outcome in ('rescued', 'unseen') and t.lost_leases + 1 >= v_limit then 'failed'
                else i.outcome
            end as outcome,
            case when i.outcome in ('rescued', 'unseen') then t.lost_leases + 1 else t.lost_leases end as lost,
            i.outcome in ('waiting', 'unseen')
                and t.errors -> -1 ->> 'code' is not distinct from i.error ->> 'code' as repeated,
            case
                when i.error is null then t.errors
                -- A host may be away for days: of its waiting only the beginning is kept.
                when i.outcome in ('waiting', 'unseen')
                    and t.errors -> -1 ->> 'code' is not distinct from i.error ->> 'code'
                    then t.errors
                else t.errors || (
                    i.error
                    || jsonb_build_object('at', v_now, 'attempt', t.attempt, 'worker_id', t.worker_id)
                )
            end as all_errors
        from unnest(v_places, v_outcomes, v_delays, v_results, v_errors) as i (place, outcome, delay, result, error)
        cross join lateral (select * from queue.tasks t where t.ctid = i.place offset 0) t
    ),
    removed as (
        delete from queue.tasks t
        where t.ctid = any(array(select e.place from ended e where e.outcome in ('succeeded', 'cancelled', 'failed')))
    ),
    -- In the order of the columns of queue.history and queue.dead.
    closed as (
        select
            e.id, e.queue, e.kind, e.subject_id, e.request_id, e.payload, e.priority, e.outcome, e.attempt,
            e.max_attempts, e.lost, e.lease_token, e.worker_id, e.all_errors, e.result, e.trace_context,
            e.created_at, e.started_at, v_now
        from ended e
        where e.outcome in ('succeeded', 'cancelled', 'failed')
    ),
    kept as (
        insert into queue.history select c.* from closed c where c.outcome <> 'failed'
    ),
    buried as (
        insert into queue.dead select c.* from closed c where c.outcome = 'failed'
    ),
    given_back as (
        update queue.tasks t
        set status = case when e.outcome in ('retrying', 'waiting', 'unseen') then 'retrying' else 'queued' end,
            attempt = case e.outcome when 'retrying' then t.attempt else t.attempt - 1 end,
            started_at = case
                when e.outcome = 'waiting' and t.started_at = t.attempt_started_at then null
                else t.started_at
            end,
            lost_leases = e.lost,
            position = nextval('queue.position_seq'),
            available_at = v_now + make_interval(secs => coalesce(e.delay, 0)),
            lease_token = null, lease_timeline = null, lease_expires_at = null, worker_id = null, progress = null,
            errors = e.all_errors
        from ended e
        where t.ctid = e.place and e.outcome in ('retrying', 'waiting', 'unseen', 'released', 'rescued')
    )
    select coalesce(array_agg(row(
        e.id, e.lease_token,
        case
            when e.asked = 'rescued' then 'rescued'
            when e.outcome in ('waiting', 'unseen') then 'waiting'
            else 'finished'
        end,
        case
            when e.outcome in ('released', 'rescued') then 'queued'
            when e.outcome in ('waiting', 'unseen') then 'retrying'
            else e.outcome
        end,
        e.kind, e.queue, e.subject_id, e.request_id, e.attempt, e.worker_id, e.attempt_started_at,
        case when not e.repeated then e.error end
    )::queue.settled), '{}')
    into v_done
    from ended e;

    -- Handed back, which is seldom: others may do it at once.
    if 'released' = any(p_outcomes) then
        perform queue.notify_v1(array(
            select distinct d.queue from unnest(v_done) d where d.verdict = 'finished' and d.status = 'queued'
        ));
    end if;
    return query select * from unnest(v_done);
    if cardinality(v_done) < cardinality(p_ids) then
        return query
        select i.id, i.token, case when f.status is null then 'lost' else 'again' end,
            f.status, f.kind, f.queue, f.subject_id, f.request_id, f.attempt, f.worker_id, f.started_at, null::jsonb
        from unnest(p_ids, p_tokens) as i (id, token)
        left join lateral (
            select h.* from queue.history h where h.id = i.id and h.lease_token = i.token
            union all
            select d.* from queue.dead d where d.id = i.id and d.lease_token = i.token
        ) f on true
        where not exists (select from unnest(v_done) d where d.id = i.id and d.token = i.token);
    end if;
end
$$;
