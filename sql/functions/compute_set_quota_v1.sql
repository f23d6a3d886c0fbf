-- Sets what a project may have; p_project_id null: what one may have that nobody said anything about. A limit that is null
-- stays.
--
-- A limit below what is used is refused unless p_force: then a row says which, and nothing is set. No row: it is set.
-- Tables: compute.projects, compute.settings. Callers: Compute.ServerStore.setQuota
create or replace function compute.set_quota_v1(
    p_project_id text,
    p_instances integer,
    p_cores integer,
    p_ram integer,
    p_force boolean
) returns table (resource text, used integer, allowed integer)
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
begin
    if p_project_id is null then
        update compute.settings s
        set quota_instances = coalesce(p_instances, s.quota_instances),
            quota_cores = coalesce(p_cores, s.quota_cores),
            quota_ram = coalesce(p_ram, s.quota_ram);
        return;
    end if;
    perform compute.lock_projects_v1(array[p_project_id]);
    return query
    select r.*
    from compute.projects p
    cross join lateral (
        values ('instances', p.instances, p_instances), ('cores', p.cores, p_cores), ('ram', p.ram, p_ram)
    ) as r (resource, used, allowed)
    where p.id = p_project_id and not p_force and not compute.fits_v1(r.used, r.allowed);
    if not found then
        update compute.projects p
        set max_instances = coalesce(p_instances, p.max_instances),
            max_cores = coalesce(p_cores, p.max_cores),
            max_ram = coalesce(p_ram, p.max_ram)
        where p.id = p_project_id;
    end if;
end
$$;
