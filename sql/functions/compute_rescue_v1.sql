-- Gives back the tasks of these servers whose leases ran out, and settles the servers.
--
-- Servers are locked before tasks, and only tasks whose server could be locked are rescued now.
-- p_limit: at most so many. Tables: compute.servers, and as queue.rescue_v1 and compute.settle_v1.
-- Callers: compute.sweep_v1
create or replace function compute.rescue_v1(p_servers uuid[], p_limit integer) returns queue.settled[]
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_tasks uuid[];
    v_settled queue.settled[];
begin
    -- For a list without an entry the planner may take any index, and read all of it.
    if cardinality(p_servers) = 0 then
        return '{}';
    end if;
    v_tasks := array(
        select t.id
        from compute.servers v
        join queue.tasks t on t.subject_id = v.id
        where v.id = any(p_servers) and t.subject_id = any(p_servers)
        order by v.id
        for update of v skip locked
    );
    v_settled := array(select s from queue.rescue_v1(v_tasks, p_limit) s);
    perform compute.settle_v1(v_settled);
    return v_settled;
end
$$;
