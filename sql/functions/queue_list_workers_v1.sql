-- Worker processes, the latest seen first, with what each holds. A worker is alive while it was seen within 30 s.
--
-- Tables: queue.workers, queue.tasks. Callers: TaskQueue.workers
create or replace function queue.list_workers_v1(p_limit integer)
returns table (
    id text, queues text[], version text, started_at timestamptz, last_seen_at timestamptz, stopping boolean,
    alive boolean, running integer
)
language sql volatile
set enable_seqscan = off
set jit = off
as $$
    select w.id, w.queues, w.version, w.started_at, w.last_seen_at, w.stopping,
        w.last_seen_at > queue.clock_v1() - interval '30 seconds' and not w.stopping,
        -- Queue by queue: with an array in its place the plan of an empty table reads all of a full one.
        (
            select count(*)::integer
            from unnest(w.queues) as q (name)
            cross join lateral (
                select from queue.tasks t
                where t.status = 'running' and t.queue = q.name and t.worker_id = w.id
                offset 0
            ) r
        )
    from queue.workers w
    order by w.last_seen_at desc, w.id
    limit p_limit
$$;
