-- What operators say about queues, and how many unfinished tasks each project has.
-- compatible-from: 1
--
-- Tables: queue.queues (only queues that somebody said something about have a row), queue.retries, compute.projects.
-- Lock order: servers by id, tasks by id, then projects by id, then actions, events.

create table queue.queues (
    name text primary key check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$'),
    -- Set: no worker claims from it. Tasks are accepted and wait.
    paused_at timestamptz,
    pause_reason text,
    -- At most so many of its tasks run at once, over all workers; null: as many as its workers have slots.
    running_limit integer check (running_limit between 1 and 10000),
    constraint reason_goes_with_pause check (pause_reason is null or paused_at is not null)
);

-- Dead letters that an operator has asked for again. They stay where they are, as a record.
create table queue.retries (
    task_id uuid primary key references queue.dead,
    -- The task that repeats it; null when none was made at once.
    retried_as uuid,
    retried_at timestamptz not null,
    retried_by text not null
);

-- By queue first: a limit counts the running tasks of one queue. A heartbeat looks for its own, queue by queue.
drop index queue.tasks_running;
create index tasks_running on queue.tasks (queue, worker_id) where status = 'running';

-- Nobody reads history by subject: lists go from a server's actions to its tasks.
drop index queue.history_by_subject;

-- Succeeded by queue.claim_tasks_v2 before any release had it.
drop function if exists queue.claim_tasks_v1(text, text[], text[], integer[], bigint[], double precision);

alter table compute.settings
    add waiting_limit integer not null default 1000 check (waiting_limit between 1 and 1000000);

-- One row a project, made with its first task. It is locked after the servers and tasks of a transaction.
create table compute.projects (
    id text primary key,
    -- Tasks that its people asked for and that have not ended; purges are nobody's request and do not count.
    live_tasks integer not null default 0
) with (fillfactor = 50);

insert into compute.projects (id, live_tasks)
select v.project_id, count(*)
from queue.tasks t join compute.servers v on v.id = t.subject_id
where t.kind <> 'purge'
group by v.project_id;
