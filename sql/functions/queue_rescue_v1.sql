-- Gives back tasks whose lease ran out, whatever their age.
--
-- Tables: queue.tasks (and queue.dead past the limit of lost leases). State: running -> queued | failed.
-- p_ids: only these, or null for all. It reads the few running rows and skips what somebody holds locked; in no order, or
-- the plan of an empty table would walk the primary key of a full one.
-- Callers: queue.sweep_v1, compute.sweep_v1
create or replace function queue.rescue_v1(p_ids uuid[], p_limit integer) returns setof queue.settled
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_ids uuid[];
    v_tokens bigint[];
begin
    select coalesce(array_agg(t.id), '{}'), coalesce(array_agg(t.lease_token), '{}')
    into v_ids, v_tokens
    from (
        select r.id, r.lease_token
        from queue.tasks r
        where r.status = 'running' and (p_ids is null or r.id = any(p_ids))
            -- No lease lasts so long: it was granted before the clock was set back.
            and (r.lease_expires_at < v_now or r.lease_expires_at > v_now + interval '10 minutes')
        limit p_limit
        for update skip locked
    ) t;
    if cardinality(v_ids) = 0 then
        return;
    end if;
    return query
    select * from queue.finish_tasks_v1(
        v_ids, v_tokens,
        array_fill('rescued'::text, array[cardinality(v_ids)]),
        array_fill(0::double precision, array[cardinality(v_ids)]),
        array_fill(null::jsonb, array[cardinality(v_ids)]),
        array_fill(
            '{"code": "lease_lost", "reason": "The worker stopped answering.", "cause": "the lease ran out"}'::jsonb,
            array[cardinality(v_ids)]
        )
    );
end
$$;
