-- The durable queue: live tasks, finished tasks, dead letters, workers.
-- compatible-from: 1
--
-- Tables: queue.tasks (live: few and hot), queue.history (finished: many and cold, partitioned by time),
--         queue.dead (failed: a person must look), queue.workers, queue.settings.
-- Task status: queued -> running -> succeeded | cancelled (history) | failed (dead)
--              running -> retrying -> queued (the sweep, when due)
--              running -> queued (handed back at shutdown, or rescued when its lease ran out)
-- Writers: the functions of sql/functions/ and nobody else.

create schema queue;

-- One token per claim, for all queues: a later claim of a task always has the higher token.
create sequence queue.lease_token_seq;
-- Drawn when a task becomes available, so that the claim can carry a low watermark.
create sequence queue.position_seq;

create table queue.settings (
    only_row boolean primary key default true check (only_row),
    history_retention interval not null default '7 days' check (history_retention >= '1 hour'),
    lost_lease_limit integer not null default 20 check (lost_lease_limit between 1 and 1000)
);
insert into queue.settings default values;

create table queue.tasks (
    id uuid primary key,
    queue text not null check (queue ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$'),
    kind text not null check (kind ~ '^[a-z][a-z_]{0,39}$'),
    subject_id uuid not null,
    request_id text not null,
    payload jsonb not null default '{}',
    priority smallint not null check (priority between 0 and 2),
    position bigint not null,
    status text not null check (status in ('queued', 'running', 'retrying')),
    available_at timestamptz not null,
    attempt integer not null default 0 check (attempt >= 0),
    max_attempts integer not null check (max_attempts between 1 and 100),
    lost_leases integer not null default 0 check (lost_leases >= 0),
    lease_token bigint,
    lease_timeline bigint,
    lease_expires_at timestamptz,
    worker_id text,
    attempt_started_at timestamptz,
    progress jsonb,
    errors jsonb not null default '[]',
    cancel_requested_at timestamptz,
    trace_context text,
    created_at timestamptz not null,
    started_at timestamptz,
    constraint lease_goes_with_running check (
        (status = 'running') = (lease_token is not null)
        and (lease_token is null) = (lease_timeline is null)
        and (lease_token is null) = (lease_expires_at is null)
        and (lease_token is null) = (worker_id is null)
    )
) with (
    -- Room on the page for heartbeats, which must stay HOT.
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 500,
    autovacuum_analyze_scale_factor = 0.1,
    autovacuum_vacuum_cost_delay = 1,
    -- Truncation takes an exclusive lock, and this table grows again at once.
    vacuum_truncate = off
);

create unique index tasks_one_live_per_subject on queue.tasks (subject_id);
create index tasks_claimable on queue.tasks (queue, priority, position) where status = 'queued';
create index tasks_in_backoff on queue.tasks (available_at) where status = 'retrying';
-- For the claim, which asks for its own queues: another host may have many in backoff.
create index tasks_in_backoff_by_queue on queue.tasks (queue, available_at) where status = 'retrying';
-- lease_expires_at stands in no index, or a heartbeat could never be HOT: the rescue reads the few running rows.
create index tasks_running on queue.tasks (worker_id) where status = 'running';

create table queue.history (
    id uuid not null,
    queue text not null,
    kind text not null,
    subject_id uuid not null,
    request_id text not null,
    payload jsonb not null,
    priority smallint not null,
    status text not null check (status in ('succeeded', 'cancelled')),
    attempt integer not null,
    max_attempts integer not null,
    lost_leases integer not null,
    lease_token bigint,
    worker_id text,
    errors jsonb not null,
    result jsonb,
    trace_context text,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz not null
) partition by range (finished_at);

create index history_by_id on queue.history (id);
create index history_by_subject on queue.history (subject_id, finished_at desc);

create table queue.dead (
    id uuid primary key,
    queue text not null,
    kind text not null,
    subject_id uuid not null,
    request_id text not null,
    payload jsonb not null,
    priority smallint not null,
    status text not null check (status = 'failed'),
    attempt integer not null,
    max_attempts integer not null,
    lost_leases integer not null,
    lease_token bigint,
    worker_id text,
    errors jsonb not null,
    result jsonb,
    trace_context text,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz not null
);

create index dead_by_subject on queue.dead (subject_id, kind);

create table queue.workers (
    id text primary key,
    queues text[] not null,
    version text not null,
    started_at timestamptz not null,
    last_seen_at timestamptz not null,
    stopping boolean not null default false
) with (fillfactor = 50);

-- What a finish, a rescue or a cancel did to one task; the owner of the subject settles its own rows from it.
create type queue.settled as (
    id uuid,
    token bigint,
    -- finished: done now; again: this very finish had been done before; lost: the lease is another's;
    -- waiting: nothing could be tried (error is null when that was said before); rescued: the lease ran out
    verdict text,
    -- the task status now; null when lost
    status text,
    kind text,
    queue text,
    subject_id uuid,
    request_id text,
    attempt integer,
    worker_id text,
    attempt_started_at timestamptz,
    error jsonb
);
