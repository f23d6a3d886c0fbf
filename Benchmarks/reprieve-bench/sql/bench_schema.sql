-- What the benchmark keeps beside the product's schema: the plain queue that pgbench drains, and functions that bring
-- the database into the state in which a measurement begins.
--
-- Applied by "reprieve-bench setup", again and again. A database without the schema bench is never touched: the other
-- verbs empty tables.

create schema if not exists bench;

-- A thousand projects have more servers than the default quota lets them restore.
update compute.settings set quota_instances = -1, quota_cores = -1, quota_ram = -1;

-- The reference for a drain: a plain queue as PostgreSQL's other task queues have it, without leases, fences, history.
create table if not exists bench.jobs (
    id bigint generated always as identity primary key,
    queue text not null,
    kind text not null,
    priority smallint not null default 1,
    status text not null default 'queued',
    payload jsonb not null default '{}',
    attempt integer not null default 0,
    worker_id text,
    created_at timestamptz not null default now(),
    started_at timestamptz
);
create index if not exists jobs_claimable on bench.jobs (queue, priority, id) where status = 'queued';

-- The names of the n-th server, its project and a request on it. Both sides of a comparison use the same ones, and
-- neither finds them beside each other in an index.
create or replace function bench.server_id(n bigint) returns uuid
language sql immutable parallel safe
return md5('server ' || n)::uuid;

create or replace function bench.project_id(n bigint) returns text
language sql immutable parallel safe
return 'be' || lpad(to_hex(n % 1000), 6, '0');

create or replace function bench.request_id(n bigint) returns text
language sql immutable parallel safe
return 'req-' || md5('request ' || n)::uuid;

-- Empties the tables; those of the history only when p_history says so.
create or replace function bench.clear(p_history boolean) returns void
language plpgsql volatile
as $$
begin
    truncate queue.tasks, queue.retries, queue.dead, compute.events, compute.actions, compute.servers, compute.projects, bench.jobs;
    if p_history then
        truncate queue.history;
    end if;
end
$$;

-- Soft-deleted servers 0 ... p_count - 1 on one host, over 1,000 projects.
create or replace function bench.make_servers(p_count bigint, p_host text) returns void
language sql volatile
begin atomic
    insert into compute.servers (
        id, project_id, user_id, name, host, vm_state, power_state, created_at, updated_at, launched_at, deleted_at,
        deleted_by, purge_at
    )
    select
        bench.server_id(n), bench.project_id(n), 'bench', 'bench-' || n, p_host, 'soft-delete', 4, now(), now(), now(),
        now(), 'bench', now() + interval '7 days'
    from generate_series(0, p_count - 1) as n;
end;

-- Tasks that wait in one queue.
create or replace function bench.fill(p_count bigint, p_queue text, p_kind text) returns void
language plpgsql volatile
as $$
begin
    perform queue.enqueue_v1(
        queue.new_id_v1(), p_queue, p_kind, gen_random_uuid(), 'req-' || gen_random_uuid(), '{}', 1, 5, null
    )
    from generate_series(1, p_count);
end
$$;

-- As many jobs that wait in the reference's queue.
create or replace function bench.fill_jobs(p_count bigint) returns void
language sql volatile
begin atomic
    insert into bench.jobs (queue, kind) select 'bench', 'noop' from generate_series(1, p_count);
end;

-- Finished tasks as the product keeps them, spread over its retention, in partitions that it makes.
create or replace function bench.retain(p_count bigint) returns void
language plpgsql volatile
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_days integer := extract(day from (select history_retention from queue.settings));
begin
    for back in 0 .. v_days loop
        perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date - back);
    end loop;
    insert into queue.history (
        id, queue, kind, subject_id, request_id, payload, priority, status, attempt, max_attempts, lost_leases,
        lease_token, worker_id, errors, created_at, started_at, finished_at
    )
    select
        queue.new_id_v1(), 'bench', 'noop', gen_random_uuid(), 'req-' || gen_random_uuid(), '{}', 1, 'succeeded', 1, 5, 0,
        n, 'bench-retained', '[]', f.finished_at, f.finished_at, f.finished_at
    from generate_series(1, p_count) as n
    cross join lateral (select v_now - make_interval(days => v_days) * (1 - n::double precision / p_count)) f (finished_at);
end
$$;
