-- One task, for those who may see its server; that of a hard-deleted server stays readable.
--
-- p_project_id as in compute.show_server_v1. Tables: compute.tasks_v1, compute.servers.
-- Callers: Compute.ServerStore.task
create or replace function compute.show_task_v2(p_task_id uuid, p_project_id text)
returns table (
    id uuid, kind text, server_id uuid, project_id text, status text, attempt integer, max_attempts integer, host text,
    place integer, progress jsonb, waiting_for text, next_attempt_at timestamptz, error jsonb, request_id text,
    created_at timestamptz, started_at timestamptz, finished_at timestamptz, user_id text
)
language plpgsql stable
set jit = off
-- A plan that was made on empty tables walks over all servers.
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
begin
    return query
    select d.*, v.user_id
    from compute.tasks_v1 t
    join compute.servers v on v.id = t.subject_id
    cross join lateral compute.describe_task_v1(t, v.project_id) d
    where t.id = p_task_id and (p_project_id is null or v.project_id = p_project_id)
    limit 1;
end
$$;
