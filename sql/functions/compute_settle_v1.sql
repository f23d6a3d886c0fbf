-- Carries what became of tasks over to their servers, actions and events. The servers are locked by the caller.
--
-- Tables: compute.servers, compute.actions, compute.events; queue.tasks for a force delete that waited.
-- soft_delete: succeeded -> soft-delete with its purge_at; else the server is as it was before.
-- restore: succeeded -> active; else soft-delete as it was: deleted_at and purge_at are not touched.
-- purge, force_delete: succeeded -> deleted; else the server is as it was.
-- A task that is tried again, handed back or rescued leaves its server's state alone; but a purge that waits for its
-- host and was never tried has touched nothing, and its server can be restored.
-- Rows are reached by their place (ctid), which nobody changes: a server's actions change under its lock only. The
-- lateral parts with "offset 0" keep a plan that was made on empty tables from reading all of a table.
-- Callers: compute.undo_soft_delete_v1, compute.finish_tasks_v1, compute.sweep_v1, compute.restore_server_v1,
-- compute.force_delete_server_v1
create or replace function compute.settle_v1(p_settled queue.settled[]) returns void
language plpgsql volatile
set enable_seqscan = off
set jit = off
-- A plan for the very values is never worth its making here: each call would be planned anew.
set plan_cache_mode = force_generic_plan
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_ended queue.settled[] := array(
        select s from unnest(p_settled) s
        where s.verdict in ('finished', 'rescued') and s.status in ('succeeded', 'failed', 'cancelled')
    );
    v_waiting uuid[];
    v_projects text[];
    v_counted boolean[];
    v_instances integer[];
    v_cores integer[];
    v_ram integer[];
begin
    with found as (
        select s.*, l.place, l.counted
        from unnest(v_ended) s
        cross join lateral (
            select v.ctid as place, compute.counts_v1(v.vm_state, v.task_state)::integer as counted
            from compute.servers v
            where v.id = s.subject_id and v.vm_state <> 'deleted'
            offset 0
        ) l
    ),
    changed as (
        update compute.servers v
        set vm_state = case
                when s.status <> 'succeeded' then v.vm_state
                when s.kind = 'soft_delete' then 'soft-delete'
                when s.kind = 'restore' then 'active'
                else 'deleted'
            end,
            task_state = null,
            power_state = case
                when s.status <> 'succeeded' then v.power_state
                when s.kind = 'soft_delete' then 4
                when s.kind = 'restore' then 1
                else 0
            end,
            purge_at = case
                when s.status = 'succeeded' and s.kind = 'soft_delete'
                    then v_now + v.keep_for
                when s.status = 'succeeded' and s.kind = 'restore' then null
                else v.purge_at
            end,
            deleted_at = case
                when s.status = 'succeeded' and s.kind = 'restore' then null
                when s.status <> 'succeeded' and v.vm_state <> 'soft-delete' then null
                else coalesce(v.deleted_at, v_now)
            end,
            deleted_by = case
                when s.status = 'succeeded' and s.kind = 'restore' then null
                when s.status <> 'succeeded' and v.vm_state <> 'soft-delete' then null
                else v.deleted_by
            end,
            terminated_at = case
                when s.status = 'succeeded' and s.kind in ('purge', 'force_delete') then v_now
                else v.terminated_at
            end,
            updated_at = v_now
        from found s
        where v.ctid = s.place
        returning v.id, v.force_delete_request_id, v.project_id, s.kind, v.cores, v.ram,
            compute.counts_v1(v.vm_state, v.task_state)::integer - s.counted as instances
    )
    select
        array_agg(c.id) filter (where c.force_delete_request_id is not null),
        array_agg(c.project_id),
        -- A purge was nobody's request; but the force delete that may wait for it is about to count.
        array_agg(c.kind <> 'purge'),
        array_agg(c.instances), array_agg(c.instances * c.cores), array_agg(c.instances * c.ram)
    into v_waiting, v_projects, v_counted, v_instances, v_cores, v_ram
    from changed c
    where c.kind <> 'purge' or c.force_delete_request_id is not null;

    -- A purge that waits for its host has touched nothing, unless an attempt before this one may have.
    update compute.servers v
    set task_state = null
    where v.id = any(array(
        select s.subject_id
        from unnest(p_settled) s
        cross join lateral (select t.started_at from queue.tasks t where t.id = s.id offset 0) t
        where s.verdict = 'waiting' and s.kind = 'purge' and t.started_at is null
    ));

    if v_projects is not null then
        perform compute.lock_projects_v1(v_projects);
        update compute.projects p
        set live_tasks = greatest(0, p.live_tasks - c.tasks), instances = p.instances + c.instances,
            cores = p.cores + c.cores, ram = p.ram + c.ram
        from (
            select l.place, t.*
            from (
                select id, count(*) filter (where counted) as tasks, sum(instances) as instances, sum(cores) as cores,
                    sum(ram) as ram
                from unnest(v_projects, v_counted, v_instances, v_cores, v_ram) as c (id, counted, instances, cores, ram)
                group by id
            ) t
            cross join lateral (select f.ctid as place from compute.projects f where f.id = t.id offset 0) l
        ) c
        where p.ctid = c.place;
    end if;

    insert into compute.events (
        request_id, event, attempt, start_time, finish_time, result, reason, cause, host, worker_id
    )
    select s.request_id, compute.event_name_v1(s.kind), s.attempt, coalesce(s.attempt_started_at, v_now), v_now,
        case s.status when 'succeeded' then 'Success' else 'Error' end,
        coalesce(s.error ->> 'reason', case s.status when 'cancelled' then 'The request was cancelled.' end),
        coalesce(s.error ->> 'cause', s.error ->> 'code'), s.queue, s.worker_id
    from unnest(p_settled) s
    where (s.verdict in ('finished', 'rescued') or s.verdict = 'waiting' and s.error is not null)
        -- Handing a task back at shutdown is no attempt.
        and not (s.verdict = 'finished' and s.status = 'queued')
    order by s.request_id;

    update compute.actions a
    set updated_at = v_now,
        message = case s.status when 'failed' then 'Error' when 'cancelled' then 'Cancelled' else a.message end
    from (
        select s.status, l.place
        from unnest(v_ended) s
        cross join lateral (
            select f.ctid as place from compute.actions f where f.request_id = s.request_id offset 0
        ) l
    ) s
    where a.ctid = s.place;

    if v_waiting is not null then
        perform compute.start_waiting_force_deletes_v1(v_waiting);
    end if;
end
$$;
