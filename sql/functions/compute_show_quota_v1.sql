-- What a project may have and has; p_project_id null: what one may have that nobody said anything about.
--
-- One row; ram in MiB, -1 is no limit. Tables: compute.projects, compute.settings.
-- Callers: Compute.ServerStore.quota
create or replace function compute.show_quota_v1(p_project_id text)
returns table (
    max_instances integer, max_cores integer, max_ram integer, instances integer, cores integer, ram integer
)
language sql stable
set enable_seqscan = off
set jit = off
as $$
    select coalesce(p.max_instances, s.quota_instances), coalesce(p.max_cores, s.quota_cores),
        coalesce(p.max_ram, s.quota_ram), coalesce(p.instances, 0), coalesce(p.cores, 0), coalesce(p.ram, 0)
    from compute.settings s
    left join compute.projects p on p.id = p_project_id
$$;
