-- Counts one more unfinished task of a project; says whether there was room, and counts nothing when there was none.
--
-- p_is_capped: whether the settings' waiting_limit holds; a force delete is never refused.
-- live_tasks is at all times the number of the project's rows in queue.tasks that are no purges: whoever inserts one
-- calls this, and compute.settle_v1 takes the ended ones off.
-- Tables: compute.projects, compute.settings. The caller holds the server, and has locked its task if it has one.
-- Callers: compute.restore_server_v1, compute.delete_server_v1, compute.force_delete_server_v1,
-- compute.start_waiting_force_deletes_v1
create or replace function compute.count_task_v1(p_project_id text, p_is_capped boolean) returns boolean
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
begin
    -- The condition is checked on the locked row, as its latest transaction left it.
    insert into compute.projects as p (id, live_tasks) values (p_project_id, 1)
    on conflict (id) do update set live_tasks = p.live_tasks + 1
    where not p_is_capped or p.live_tasks < (select s.waiting_limit from compute.settings s);
    return found;
end
$$;
