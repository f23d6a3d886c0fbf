-- Keys by which clients repeat a request without repeating what it did; and questions to hosts.
-- compatible-from: 1
--
-- Tables: compute.keys, compute.probes. A key leads to the request id under which its request was first made; what became of that stands
-- in compute.actions, written by the transaction that accepted it. Nothing here is ever locked together with a server.

create table compute.keys (
    -- The first half of a hash of project and key, as is request_hash of what was asked.
    hash uuid primary key,
    request_hash uuid not null,
    request_id text not null,
    created_at timestamptz not null,
    -- Set: there was nothing to do, which no action says; the task that was at it already, if there was one.
    is_answered boolean not null default false,
    task_id uuid
);

create index keys_by_age on compute.keys (created_at);

-- Succeeded by compute.list_tasks_v2 before any release had it.
drop function if exists compute.list_tasks_v1(text, uuid, text, text, integer);

-- Questions to hosts whether a server is still there, with their answers. They are worth nothing after seconds, so
-- nothing of them is kept over a crash.
create unlogged table compute.probes (
    id uuid primary key,
    asked_at timestamptz not null,
    answer text check (answer in ('present', 'missing'))
);
