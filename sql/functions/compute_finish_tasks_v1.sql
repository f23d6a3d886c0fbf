-- Ends the attempts of a batch and settles their servers, in one transaction, fenced by the lease tokens.
--
-- Tables: as queue.finish_tasks_v1 and compute.settle_v1. Lock order: servers by id, then tasks by id.
-- Callers: TaskQueue.finish in the worker
create or replace function compute.finish_tasks_v1(
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
set jit = off
-- A plan for the very values is never worth its making here: each call would be planned anew.
set plan_cache_mode = force_generic_plan
as $$
declare
    v_subjects uuid[] := array(select t.subject_id from queue.tasks t where t.id = any(p_ids));
    v_settled queue.settled[];
begin
    perform from compute.servers v where v.id = any(v_subjects) order by v.id for update;
    v_settled := array(
        select s from queue.finish_tasks_v1(p_ids, p_tokens, p_outcomes, p_delays, p_results, p_errors) s
    );
    perform compute.settle_v1(v_settled);
    return query select * from unnest(v_settled);
end
$$;
