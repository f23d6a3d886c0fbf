-- Accepts the restores of a batch in one transaction, each as compute.restore_server_v1 would.
--
-- The plain case is decided for all together: a server that lies in the bin at rest, without a task, asked for by
-- somebody who may, with a request id that is new, in a project that has room. Of several requests for one server the
-- first such in order of arrival is it. All others go through the single function, in order of arrival.
-- Tables: compute.servers, compute.projects, compute.actions, queue.tasks. State: task_state null -> restoring.
-- Lock order: servers by id, their tasks, then projects by id, all before anything is decided: a sweep that holds
-- a task may wait for a project.
-- place: the place of the request in the arrays, from 1. Parameters and outcomes as compute.restore_server_v1.
-- Callers: Compute.ServerStore.restore
create or replace function compute.restore_servers_v1(
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
    v_settings compute.settings;
    v_locked uuid[];
    v_owners text[];
    v_busy uuid[];
    v_places bigint[];
    v_tasks uuid[];
    v_hosts text[];
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
    select s.* into v_settings from compute.settings s;

    -- Each server is looked up once, by itself: joined in place, the planner would look each one up in the whole array
    -- again, or walk over all that are soft-deleted.
    with found as materialized (
        select v.* from compute.servers v where v.id = any(v_locked)
    ),
    plain as (
        select distinct on (a.server_id) a.*, v.project_id as owner_id, v.host, v.cores, v.ram
        from unnest(p_server_ids, p_project_ids, p_caller_project_ids, p_user_ids, p_request_ids, p_trace_contexts)
            with ordinality
            as a (server_id, project_id, caller_project_id, user_id, request_id, trace_context, place)
        join found v on v.id = a.server_id
        where v.vm_state = 'soft-delete' and v.task_state is null
            and (a.project_id is null or v.project_id = a.project_id and v.locked_by is null)
            and not exists (select from compute.actions o where o.request_id = a.request_id)
            and a.server_id <> all(v_busy)
        order by a.server_id, a.place
    ),
    numbered as (
        select p.*, row_number() over w as number, sum(p.cores) over w as all_cores, sum(p.ram) over w as all_ram
        from plain p
        window w as (partition by p.owner_id order by p.place)
    ),
    chosen as materialized (
        select n.*, queue.new_id_v1() as task_id
        from numbered n
        cross join lateral (select c.* from compute.projects c where c.id = n.owner_id offset 0) c
        where n.number <= v_settings.waiting_limit - c.live_tasks
            and compute.fits_v1(c.instances + n.number, coalesce(c.max_instances, v_settings.quota_instances))
            and compute.fits_v1(c.cores + n.all_cores, coalesce(c.max_cores, v_settings.quota_cores))
            and compute.fits_v1(c.ram + n.all_ram, coalesce(c.max_ram, v_settings.quota_ram))
    ),
    changed as (
        update compute.servers v
        set task_state = 'restoring', updated_at = v_now
        where v.id = any(array(select c.server_id from chosen c))
    ),
    counted as (
        update compute.projects p
        set live_tasks = p.live_tasks + c.tasks, instances = p.instances + c.tasks, cores = p.cores + c.cores,
            ram = p.ram + c.ram
        from (
            select c.owner_id, count(*) as tasks, sum(c.cores) as cores, sum(c.ram) as ram from chosen c group by c.owner_id
        ) c
        where p.id = c.owner_id and p.id = any(v_owners)
    ),
    recorded as (
        insert into compute.actions (
            request_id, server_id, project_id, user_id, action, task_id, start_time, updated_at, server_project_id
        )
        select c.request_id, c.server_id, c.caller_project_id, c.user_id, 'restore', c.task_id, v_now, v_now,
            nullif(c.owner_id, c.caller_project_id)
        from chosen c
    ),
    enqueued as (
        insert into queue.tasks (
            id, queue, kind, subject_id, request_id, priority, position, status, available_at, max_attempts,
            trace_context, created_at
        )
        select c.task_id, c.host, 'restore', c.server_id, c.request_id, 0, nextval('queue.position_seq'), 'queued',
            v_now, v_settings.max_attempts, c.trace_context, v_now
        from chosen c
        order by c.place
    )
    select coalesce(array_agg(c.place), '{}'), array_agg(c.task_id), array_agg(c.host)
    into v_places, v_tasks, v_hosts
    from chosen c;

    return query
    select d.place, 'accepted', d.task_id, d.host, 'soft-delete', 'restoring'
    from unnest(v_places, v_tasks, v_hosts) as d (place, task_id, host);

    if cardinality(v_places) < cardinality(p_server_ids) then
        return query
        select a.place, r.*
        from unnest(p_server_ids, p_project_ids, p_caller_project_ids, p_user_ids, p_request_ids, p_trace_contexts)
            with ordinality
            as a (server_id, project_id, caller_project_id, user_id, request_id, trace_context, place)
        cross join lateral compute.restore_server_v1(
            a.server_id, a.project_id, a.caller_project_id, a.user_id, a.request_id, a.trace_context
        ) r
        where a.place <> all(v_places)
        order by a.place;
    end if;
end
$$;
