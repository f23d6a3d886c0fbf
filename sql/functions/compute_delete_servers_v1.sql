-- Accepts the soft deletes of a batch in one transaction, each as compute.delete_server_v1 would.
--
-- The plain case is decided for all together: a launched server that lives and is at rest, without a task,
-- asked for by somebody who may, with a request id that is new, in a project that has room. Of several requests for one
-- server the first such in order of arrival is it. All others go through the single function, in order of arrival.
-- Tables: compute.servers, compute.projects, compute.actions, queue.tasks. State: task_state null -> soft-deleting.
-- Lock order: servers by id, their tasks, then projects by id, all before anything is decided: a sweep that holds
-- a task may wait for a project.
-- place: the place of the request in the arrays, from 1. Parameters and outcomes as compute.delete_server_v1.
-- Callers: Compute.ServerStore.delete
create or replace function compute.delete_servers_v1(
    p_server_ids uuid[],
    p_project_ids text[],
    p_caller_project_ids text[],
    p_user_ids text[],
    p_request_ids text[],
    p_trace_contexts text[]
) returns table (place bigint, outcome text, task_id uuid, queue text, vm_state text, task_state text)
language plpgsql volatile
-- A row that somebody holds locked must not keep the requests for others.
set lock_timeout = '1s'
set enable_seqscan = off
set jit = off
-- A plan for the very values is never worth its making here: each call would be planned anew.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_max_attempts integer;
    v_limit integer;
    v_retention interval;
    v_locked uuid[];
    v_owners text[];
    v_busy uuid[];
    v_places bigint[];
    v_tasks uuid[];
    v_hosts text[];
    v_states text[];
begin
    -- A row that is locked shows what it holds now, so its owner, which never changes, can be read here.
    select array_agg(l.id), array_agg(l.project_id) into v_locked, v_owners
    from (
        select v.id, v.project_id from compute.servers v where v.id = any(p_server_ids) order by v.id for update
    ) l;
    v_busy := array(
        select t.subject_id
        from (select distinct id from unnest(p_server_ids) as i (id) order by id) s
        cross join lateral (
            select t.subject_id from queue.tasks t where t.subject_id = s.id for update
        ) t
    );
    v_now := queue.clock_v1();
    -- The single function may need it, and whoever makes it may wait for a project.
    perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);
    perform compute.lock_projects_v1(v_owners);
    select s.max_attempts, s.waiting_limit, s.retention into v_max_attempts, v_limit, v_retention
    from compute.settings s;

    -- Each server is looked up once, by itself: joined in place, the planner would look each one up in the whole array
    -- again, or walk over all that are soft-deleted.
    with found as materialized (
        select v.* from compute.servers v where v.id = any(v_locked)
    ),
    plain as (
        select distinct on (a.server_id) a.*, v.project_id as owner_id, v.host, v.vm_state
        from unnest(p_server_ids, p_project_ids, p_caller_project_ids, p_user_ids, p_request_ids, p_trace_contexts)
            with ordinality
            as a (server_id, project_id, caller_project_id, user_id, request_id, trace_context, place)
        join found v on v.id = a.server_id
        where v.vm_state in ('active', 'stopped', 'error') and v.task_state is null and v.launched_at is not null
            and (a.project_id is null or v.project_id = a.project_id and v.locked_by is null)
            and not exists (select from compute.actions o where o.request_id = a.request_id)
            and a.server_id <> all(v_busy)
        order by a.server_id, a.place
    ),
    numbered as (
        select p.*, row_number() over (partition by p.owner_id order by p.place) as number
        from plain p
    ),
    chosen as materialized (
        select n.*, queue.new_id_v1() as task_id
        from numbered n
        where n.number <= v_limit - (select c.live_tasks from compute.projects c where c.id = n.owner_id)
    ),
    changed as (
        update compute.servers v
        set task_state = 'soft-deleting', deleted_at = v_now, keep_for = v_retention, updated_at = v_now,
            deleted_by = (select c.user_id from chosen c where c.server_id = v.id)
        where v.id = any(array(select c.server_id from chosen c))
    ),
    counted as (
        update compute.projects p
        set live_tasks = p.live_tasks + c.tasks
        from (select c.owner_id, count(*) as tasks from chosen c group by c.owner_id) c
        where p.id = c.owner_id and p.id = any(v_owners)
    ),
    recorded as (
        insert into compute.actions (
            request_id, server_id, project_id, user_id, action, task_id, start_time, updated_at, server_project_id
        )
        select c.request_id, c.server_id, c.caller_project_id, c.user_id, 'delete', c.task_id, v_now, v_now,
            nullif(c.owner_id, c.caller_project_id)
        from chosen c
    ),
    enqueued as (
        insert into queue.tasks (
            id, queue, kind, subject_id, request_id, priority, position, status, available_at, max_attempts,
            trace_context, created_at
        )
        select c.task_id, c.host, 'soft_delete', c.server_id, c.request_id, 1, nextval('queue.position_seq'), 'queued',
            v_now, v_max_attempts, c.trace_context, v_now
        from chosen c
        order by c.place
    )
    select coalesce(array_agg(c.place), '{}'), array_agg(c.task_id), array_agg(c.host), array_agg(c.vm_state)
    into v_places, v_tasks, v_hosts, v_states
    from chosen c;

    return query
    select d.place, 'accepted', d.task_id, d.host, d.vm_state, 'soft-deleting'
    from unnest(v_places, v_tasks, v_hosts, v_states) as d (place, task_id, host, vm_state);

    if cardinality(v_places) < cardinality(p_server_ids) then
        return query
        select a.place, r.*
        from unnest(p_server_ids, p_project_ids, p_caller_project_ids, p_user_ids, p_request_ids, p_trace_contexts)
            with ordinality
            as a (server_id, project_id, caller_project_id, user_id, request_id, trace_context, place)
        cross join lateral compute.delete_server_v1(
            a.server_id, a.project_id, a.caller_project_id, a.user_id, a.request_id, a.trace_context
        ) r
        where a.place <> all(v_places)
        order by a.place;
    end if;
end
$$;
