-- Servers, what was asked of them, and what became of it.
-- compatible-from: 1
--
-- Tables: compute.servers, compute.actions, compute.events, compute.settings, compute.purge_guard; the view
-- compute.tasks_v1.
-- vm_state and task_state are stored in Nova's words. A server goes
--   active | stopped | error --(soft-deleting)--> soft-delete --(restoring)--> active
--   soft-delete --(deleting)--> deleted (purge), any --(deleting)--> deleted (force delete)
-- purge_at is set when the soft delete finishes and cleared by a restore or a purge: nothing else may move it.
-- Lock order: servers by id, tasks by id, then actions, events.

create schema compute;

create table compute.settings (
    only_row boolean primary key default true check (only_row),
    retention interval not null default '7 days' check (retention >= '1 second'),
    purges_per_hour integer not null default 500 check (purges_per_hour >= 0),
    -- Attempts of a task before it is a dead letter.
    max_attempts integer not null default 5 check (max_attempts between 1 and 100)
);
insert into compute.settings default values;

-- Purging stops by itself when the clock cannot be trusted, and starts again when an operator says so.
create table compute.purge_guard (
    only_row boolean primary key default true check (only_row),
    last_seen_at timestamptz,
    stopped_at timestamptz,
    stopped_reason text,
    hour_started_at timestamptz,
    hour_count integer not null default 0,
    constraint reason_goes_with_stop check ((stopped_at is null) = (stopped_reason is null))
);
insert into compute.purge_guard default values;

create table compute.servers (
    id uuid primary key,
    project_id text not null check (project_id ~ '^[0-9a-f-]{1,255}$'),
    user_id text not null check (user_id <> ''),
    name text not null check (char_length(name) between 1 and 255),
    host text not null check (host ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$'),
    vm_state text not null check (vm_state in ('active', 'stopped', 'error', 'soft-delete', 'deleted')),
    task_state text check (task_state in ('soft-deleting', 'restoring', 'deleting')),
    power_state smallint not null check (power_state in (0, 1, 3, 4, 6, 7)),
    flavor jsonb not null default '{}',
    image_id text,
    metadata jsonb not null default '{}',
    availability_zone text not null default 'nova',
    description text,
    key_name text,
    locked_by text check (locked_by in ('owner', 'admin')),
    locked_reason text,
    held_at timestamptz,
    hold_reason text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    launched_at timestamptz,
    terminated_at timestamptz,
    deleted_at timestamptz,
    deleted_by text,
    -- How long it is to be kept: the retention at the moment its delete was accepted.
    keep_for interval,
    purge_at timestamptz,
    -- Set while a force delete waits for the running task to end; that task's finish enqueues the destroy.
    force_delete_request_id text,
    constraint soft_deleted_has_its_dates check (
        vm_state <> 'soft-delete' or (deleted_at is not null and purge_at is not null)
    ),
    constraint live_is_not_due check (vm_state in ('soft-delete', 'deleted') or purge_at is null),
    constraint live_is_not_deleted check (
        vm_state in ('soft-delete', 'deleted') or task_state in ('soft-deleting', 'deleting') or deleted_at is null
    ),
    constraint restoring_is_soft_deleted check (task_state is distinct from 'restoring' or vm_state = 'soft-delete'),
    constraint soft_deleting_is_live check (
        task_state is distinct from 'soft-deleting'
        or (vm_state in ('active', 'stopped', 'error') and deleted_at is not null and keep_for is not null)
    ),
    constraint gone_is_at_rest check (vm_state <> 'deleted' or (task_state is null and terminated_at is not null))
) with (fillfactor = 80);

create index servers_by_project on compute.servers (project_id, created_at desc, id desc);
create index servers_by_age on compute.servers (created_at desc, id desc);
create index servers_due on compute.servers (purge_at) where vm_state = 'soft-delete' and task_state is null;

create table compute.actions (
    request_id text primary key check (request_id ~ '^req-[0-9a-f-]{36}$'),
    server_id uuid not null references compute.servers,
    project_id text not null,
    user_id text not null,
    action text not null,
    task_id uuid unique,
    start_time timestamptz not null,
    updated_at timestamptz not null,
    message text
);

create index actions_by_server on compute.actions (server_id, start_time desc);

-- One attempt or step of an action.
create table compute.events (
    id bigint generated always as identity primary key,
    request_id text not null references compute.actions,
    event text not null,
    attempt integer,
    start_time timestamptz not null,
    finish_time timestamptz not null,
    result text not null check (result in ('Success', 'Error')),
    -- A sentence for the owner, from a fixed list; the raw cause is for administrators.
    reason text,
    cause text,
    host text,
    worker_id text
);

create index events_by_request on compute.events (request_id, id);

-- The answer to a request on one server.
create type compute.accepted as (
    -- accepted, already, not_found, locked, wrong_vm_state, wrong_task_state
    outcome text,
    task_id uuid,
    queue text,
    vm_state text,
    task_state text
);

-- Every task there is, wherever it lives now, in one shape. A force delete that waits for a running task has no row
-- yet: it is seen through its action.
create view compute.tasks_v1 as
    select t.id, t.queue, t.kind, t.subject_id, t.request_id, t.status, t.priority, t.position, t.attempt,
        t.max_attempts, t.available_at, t.progress, t.errors, t.created_at, t.started_at,
        null::timestamptz as finished_at
    from queue.tasks t
    union all
    select h.id, h.queue, h.kind, h.subject_id, h.request_id, h.status, h.priority, null, h.attempt,
        h.max_attempts, null, null, h.errors, h.created_at, h.started_at, h.finished_at
    from queue.history h
    union all
    select d.id, d.queue, d.kind, d.subject_id, d.request_id, d.status, d.priority, null, d.attempt,
        d.max_attempts, null, null, d.errors, d.created_at, d.started_at, d.finished_at
    from queue.dead d
    union all
    select a.task_id, v.host, 'force_delete', v.id, a.request_id, 'queued', 0, null, 0,
        (select s.max_attempts from compute.settings s), null, null, '[]', a.start_time, null, null
    from compute.servers v join compute.actions a on a.request_id = v.force_delete_request_id;
