-- A task as its server's owner may see it. p_project_id is the project of the server.
--
-- Tables: queue.tasks, queue.queues, queue.workers.
-- Callers: compute.show_task_v2, compute.show_tasks_v2, compute.list_tasks_v3
create or replace function compute.describe_task_v1(p_task compute.tasks_v1, p_project_id text)
returns table (
    id uuid, kind text, server_id uuid, project_id text, status text, attempt integer, max_attempts integer, host text,
    place integer, progress jsonb, waiting_for text, next_attempt_at timestamptz, error jsonb, request_id text,
    created_at timestamptz, started_at timestamptz, finished_at timestamptz
)
language sql stable
as $$
    select p_task.id, p_task.kind, p_task.subject_id, p_project_id, p_task.status, p_task.attempt, p_task.max_attempts,
        p_task.queue,
        -- The place in its host's line, counted no further than 1000.
        case when p_task.status = 'queued' and p_task.position is not null then (
            select count(*)::integer from (
                select from queue.tasks t
                where t.status = 'queued' and t.queue = p_task.queue
                    and (t.priority, t.position) <= (p_task.priority, p_task.position)
                -- In the index's order, or a long line would be read to its end.
                order by t.priority, t.position
                limit 1000
            ) ahead
        ) end,
        p_task.progress,
        case
            when p_task.status = 'queued' and p_task.position is null then 'the running task of this server'
            when p_task.status in ('queued', 'retrying') then coalesce(
                (
                    select format('host %s, paused', q.name) || coalesce(': ' || q.pause_reason, '')
                    from queue.queues q where q.name = p_task.queue and q.paused_at is not null
                ),
                case
                    when p_task.status = 'retrying' and p_task.errors -> -1 ->> 'code' = 'host_unreachable'
                        then format('host %s, whose hypervisor does not answer', p_task.queue)
                end,
                (
                    select case
                        when max(w.last_seen_at) is null
                            then format('host %s, which no worker has served yet', p_task.queue)
                        when max(w.last_seen_at) filter (where not w.stopping)
                            > queue.clock_v1() - interval '30 seconds'
                            then null
                        else format(
                            'host %s, last seen %s', p_task.queue,
                            to_char(max(w.last_seen_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                        )
                    end
                    from queue.workers w where w.queues @> array[p_task.queue]
                )
            )
        end,
        case when p_task.status = 'retrying' then p_task.available_at end,
        -- An attempt that was lost on the way to success is an event, not how it ended.
        case when p_task.status <> 'succeeded' then p_task.errors -> -1 end, p_task.request_id, p_task.created_at,
        p_task.started_at, p_task.finished_at
$$;
