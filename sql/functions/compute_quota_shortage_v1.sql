-- For which resources a restore of this server has no room in its project's quota now; none when there is.
--
-- requested, used, allowed: ram in MiB. Tables: compute.servers, compute.projects, compute.settings.
-- Callers: Compute.ServerStore.quotaShortage, compute.preview_restore_v2
create or replace function compute.quota_shortage_v1(p_server_id uuid)
returns table (resource text, requested integer, used integer, allowed integer)
language sql stable
set enable_seqscan = off
set jit = off
as $$
    select r.*
    from compute.servers v
    cross join compute.settings s
    left join compute.projects p on p.id = v.project_id
    cross join lateral (
        values
            ('cores', v.cores, coalesce(p.cores, 0), coalesce(p.max_cores, s.quota_cores)),
            ('instances', 1, coalesce(p.instances, 0), coalesce(p.max_instances, s.quota_instances)),
            ('ram', v.ram, coalesce(p.ram, 0), coalesce(p.max_ram, s.quota_ram))
    ) as r (resource, requested, used, allowed)
    where v.id = p_server_id and not compute.fits_v1(r.used::bigint + r.requested, r.allowed)
    order by r.resource
$$;
