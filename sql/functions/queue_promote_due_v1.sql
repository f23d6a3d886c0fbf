-- Makes tasks in backoff runnable that are due; returns their queues. State: retrying -> queued.
--
-- Tables: queue.tasks. Callers: queue.sweep_v1, compute.sweep_v1
create or replace function queue.promote_due_v1(p_limit integer) returns text[]
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_ids uuid[] := array(
        select t.id from queue.tasks t
        where t.status = 'retrying' and t.available_at <= v_now
        order by t.available_at
        limit p_limit
        for update skip locked
    ) || array(
        -- Nothing is put off for so long: the clock was set back since.
        select t.id from queue.tasks t
        where t.status = 'retrying' and t.available_at > v_now + interval '1 hour'
        order by t.available_at
        limit p_limit
        for update skip locked
    );
    v_queues text[];
begin
    -- For a list without an entry the planner may take any index, and read all of it.
    if cardinality(v_ids) = 0 then
        return '{}';
    end if;
    with promoted as (
        update queue.tasks t
        set status = 'queued', position = nextval('queue.position_seq')
        where t.id = any(v_ids)
        returning t.queue
    )
    select coalesce(array_agg(distinct p.queue), '{}') into v_queues from promoted p;
    return v_queues;
end
$$;
