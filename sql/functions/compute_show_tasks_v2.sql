-- Several tasks, each as compute.show_task_v2 would show it; a request for one that is not there gives no row.
--
-- It is planned at every call, as compute.list_tasks_v3: a plan that was made on empty tables walks over all servers.
-- number: the place of the request in the arrays, from 1. Tables: compute.tasks_v1, compute.servers.
-- Callers: Compute.ServerStore.task
create or replace function compute.show_tasks_v2(p_task_ids uuid[], p_project_ids text[])
returns table (
    number bigint, id uuid, kind text, server_id uuid, project_id text, status text, attempt integer,
    max_attempts integer, host text, place integer, progress jsonb, waiting_for text,
    next_attempt_at timestamptz, error jsonb, request_id text, created_at timestamptz, started_at timestamptz,
    finished_at timestamptz, user_id text
)
language plpgsql stable
set jit = off
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
begin
    return query
    select r.number, d.*, v.user_id
    from unnest(p_task_ids, p_project_ids) with ordinality as r (task_id, project_id, number)
    cross join lateral (select t from compute.tasks_v1 t where t.id = r.task_id limit 1) found (task)
    join compute.servers v on v.id = (found.task).subject_id
    cross join lateral compute.describe_task_v1(found.task, v.project_id) d
    where r.project_id is null or v.project_id = r.project_id;
end
$$;
