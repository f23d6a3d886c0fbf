-- What each project uses and may use of servers, cores and memory; and what operators say about hosts.
-- compatible-from: 1
--
-- Tables: compute.settings, compute.servers, compute.projects, compute.services.
-- A server counts in its project's use unless it lies in the bin or is destroyed; one that is being restored counts. Use
-- is kept by whoever changes that (compute.adopt_server_v1, compute.restore_server_v1 and its batch, compute.settle_v1),
-- so that a check costs the same for any number of servers. -1 is no limit.

alter table compute.settings
    add quota_instances integer not null default 10 check (quota_instances >= -1),
    add quota_cores integer not null default 20 check (quota_cores >= -1),
    -- MiB.
    add quota_ram integer not null default 51200 check (quota_ram >= -1);

alter table compute.servers
    add cores integer not null generated always as (coalesce((flavor ->> 'vcpus')::integer, 1)) stored,
    add ram integer not null generated always as (coalesce((flavor ->> 'ram')::integer, 512)) stored;

alter table compute.projects
    add instances integer not null default 0,
    add cores integer not null default 0,
    add ram integer not null default 0,
    -- Null: the settings' quota.
    add max_instances integer check (max_instances >= -1),
    add max_cores integer check (max_cores >= -1),
    add max_ram integer check (max_ram >= -1);

insert into compute.projects as p (id, instances, cores, ram)
select v.project_id, count(*), sum(v.cores), sum(v.ram)
from compute.servers v
where v.vm_state not in ('soft-delete', 'deleted') or v.task_state = 'restoring'
group by v.project_id
on conflict (id) do update set instances = excluded.instances, cores = excluded.cores, ram = excluded.ram;

-- The hosts under the names and numbers by which clients know them. A row is made when a host is first listed. Whether
-- it is disabled stands in queue.queues: a disabled host's queue is paused.
create table compute.services (
    host text primary key,
    number integer not null generated always as identity unique,
    id uuid not null default gen_random_uuid() unique,
    forced_down boolean not null default false
);
