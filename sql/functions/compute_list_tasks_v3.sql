-- Tasks, newest first, for those who may see their servers. p_server_id, p_status, p_kind: only these, or null.
-- p_marker: only those that come after this one, which the caller must be able to see (else RQ404), or null.
--
-- It goes from actions to tasks, not through the history: from those of the server, else of the project, each by its
-- index, so that a project's list costs what the project did, however much others did.
-- p_project_id as in compute.show_server_v1. Tables: compute.servers, compute.actions, compute.tasks_v1.
-- Callers: Compute.ServerStore.tasks
create or replace function compute.list_tasks_v3(
    p_project_id text, p_server_id uuid, p_status text, p_kind text, p_marker uuid, p_limit integer
)
returns table (
    id uuid, kind text, server_id uuid, project_id text, status text, attempt integer, max_attempts integer, host text,
    place integer, progress jsonb, waiting_for text, next_attempt_at timestamptz, error jsonb, request_id text,
    created_at timestamptz, started_at timestamptz, finished_at timestamptz, user_id text
)
language plpgsql stable
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
    v_of_server uuid[];
begin
    if p_marker is not null then
        perform from compute.actions a join compute.servers v on v.id = a.server_id
        where a.task_id = p_marker and (p_project_id is null or v.project_id = p_project_id);
        if not found then
            raise exception 'marker [%] not found', p_marker using errcode = 'RQ404';
        end if;
    end if;
    if p_server_id is not null then
        -- They are few. Below, or with one more condition, the planner might look for them among everybody's.
        v_of_server := array(select a.task_id from compute.actions a where a.server_id = p_server_id);
    end if;
    return query
    select d.*, v.user_id
    from compute.actions a
    join compute.servers v on v.id = a.server_id
    -- Where a status is asked for, only the tables that can have it are looked at.
    cross join lateral (
        select t from compute.tasks_v1 t
        where t.id = a.task_id and (p_status is null or t.status = p_status) and (p_kind is null or t.kind = p_kind)
        limit 1
    ) found (task)
    cross join lateral compute.describe_task_v1(found.task, v.project_id) d
    where a.task_id is not null
        -- As a range and in its order, the project is found in its own index alone. As one value it may be looked for in
        -- the order of everybody's tasks.
        and (p_project_id is null or coalesce(a.server_project_id, a.project_id) between p_project_id and p_project_id)
        and (p_server_id is null or a.task_id = any(v_of_server))
        and case
            when p_marker is null then true
            when p_project_id is null then a.task_id < p_marker
            else (coalesce(a.server_project_id, a.project_id), a.task_id) < (p_project_id, p_marker)
        end
    order by case when p_project_id is not null then coalesce(a.server_project_id, a.project_id) end desc, a.task_id desc
    limit p_limit;
end
$$;
