-- How each queue stands: what waits in it by priority class, what runs, what failed, and who serves it.
--
-- A queue is one that has a live task or an open dead letter, that an operator said something about, or that a worker
-- has served within the retention. p_queue: only this one, or null for all, by name. It reads all live tasks.
-- dead: dead letters that nobody has asked for again. oldest_seconds: how long ago the oldest waiting task was accepted.
-- Tables: queue.tasks, queue.dead, queue.retries, queue.queues, queue.workers.
-- Callers: TaskQueue.stats (reprieve queue stats)
create or replace function queue.stats_v1(p_queue text)
returns table (
    name text, queued_0 integer, queued_1 integer, queued_2 integer, running integer, retrying integer,
    oldest_seconds double precision, next_due_seconds double precision, dead integer, paused_at timestamptz,
    pause_reason text, running_limit integer, workers_alive integer
)
language sql volatile
set jit = off
as $$
    with now as (select queue.clock_v1() as now),
    live as (
        select t.queue,
            count(*) filter (where t.status = 'queued' and t.priority = 0) as queued_0,
            count(*) filter (where t.status = 'queued' and t.priority = 1) as queued_1,
            count(*) filter (where t.status = 'queued' and t.priority = 2) as queued_2,
            count(*) filter (where t.status = 'running') as running,
            count(*) filter (where t.status = 'retrying') as retrying,
            min(t.created_at) filter (where t.status <> 'running') as oldest,
            min(t.available_at) filter (where t.status = 'retrying') as next_due
        from queue.tasks t
        where p_queue is null or t.queue = p_queue
        group by t.queue
    ),
    dead as (
        select d.queue, count(*) as dead
        from queue.dead d
        where (p_queue is null or d.queue = p_queue)
            and not exists (select from queue.retries r where r.task_id = d.id)
        group by d.queue
    ),
    served as (
        select s.queue,
            count(*) filter (where w.last_seen_at > n.now - interval '30 seconds' and not w.stopping) as alive
        from queue.workers w
        cross join now n
        cross join unnest(w.queues) as s (queue)
        where p_queue is null or s.queue = p_queue
        group by s.queue
    ),
    said as (
        select q.* from queue.queues q where p_queue is null or q.name = p_queue
    )
    select a.name, coalesce(l.queued_0, 0)::integer, coalesce(l.queued_1, 0)::integer,
        coalesce(l.queued_2, 0)::integer, coalesce(l.running, 0)::integer, coalesce(l.retrying, 0)::integer,
        extract(epoch from n.now - l.oldest)::double precision,
        extract(epoch from l.next_due - n.now)::double precision, coalesce(d.dead, 0)::integer, q.paused_at,
        q.pause_reason, q.running_limit, coalesce(s.alive, 0)::integer
    from (
        select l.queue from live l union select d.queue from dead d union select s.queue from served s
        union select q.name from said q
    ) a (name)
    cross join now n
    left join live l on l.queue = a.name
    left join dead d on d.queue = a.name
    left join served s on s.queue = a.name
    left join said q on q.name = a.name
    order by a.name
$$;
