-- What compute.restore_server_v1 would look at, without a lock and without a change; no row for who may not see the server.
--
-- can_be_undone: it is soft-deleting, and no worker has begun. is_purging: a worker has claimed its purge.
-- is_over_limit: its project has as many unfinished tasks as it may. last_seen_at: of a worker of its host.
-- Parameters as there. Tables: compute.servers, compute.projects, compute.settings, queue.tasks, queue.queues,
-- queue.workers. Callers: Compute.ServerStore.previewRestore
create or replace function compute.preview_restore_v2(p_server_id uuid, p_project_id text)
returns table (
    project_id text, user_id text, vm_state text, task_state text, host text, is_locked boolean,
    can_be_undone boolean, is_purging boolean, is_over_limit boolean, paused_at timestamptz, pause_reason text,
    last_seen_at timestamptz, is_alive boolean
)
language sql stable
set enable_seqscan = off
set jit = off
as $$
    select v.project_id, v.user_id, v.vm_state, v.task_state, v.host,
        p_project_id is not null and v.locked_by is not null,
        v.task_state = 'soft-deleting' and t.kind = 'soft_delete' and t.status <> 'running' and t.started_at is null,
        v.task_state is null and t.status = 'running',
        coalesce(p.live_tasks >= s.waiting_limit, false),
        q.paused_at, q.pause_reason, w.last_seen_at, coalesce(w.is_alive, false)
    from compute.servers v
    cross join compute.settings s
    left join compute.projects p on p.id = v.project_id
    left join queue.tasks t on t.subject_id = v.id
    left join queue.queues q on q.name = v.host
    left join lateral (
        select max(w.last_seen_at) as last_seen_at,
            bool_or(w.last_seen_at > clock_timestamp() - interval '30 seconds' and not w.stopping) as is_alive
        from queue.workers w
        where w.queues @> array[v.host]
    ) w on true
    where v.id = p_server_id and v.vm_state <> 'deleted' and (p_project_id is null or v.project_id = p_project_id)
$$;
