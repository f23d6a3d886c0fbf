-- Counts a restore of a server with so many cores and so much memory: one more unfinished task of its project, and the
-- use that it will be. Counts nothing when there is no room.
--
-- Returns null, or what there is no room for: over_limit (unfinished tasks), over_quota.
-- Tables: compute.projects, compute.settings. The caller holds the server, and has locked its task if it has one.
-- Callers: compute.restore_server_v1
create or replace function compute.reserve_v1(p_project_id text, p_cores integer, p_ram integer) returns text
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_limit integer := (select s.waiting_limit from compute.settings s);
    v_room boolean;
begin
    loop
        -- The conditions are checked on the locked row, as its latest transaction left it.
        update compute.projects p
        set live_tasks = p.live_tasks + 1, instances = p.instances + 1, cores = p.cores + p_cores, ram = p.ram + p_ram
        from compute.settings s
        where p.id = p_project_id and p.live_tasks < s.waiting_limit
            and compute.fits_v1(p.instances + 1, coalesce(p.max_instances, s.quota_instances))
            and compute.fits_v1(p.cores + p_cores, coalesce(p.max_cores, s.quota_cores))
            and compute.fits_v1(p.ram + p_ram, coalesce(p.max_ram, s.quota_ram));
        if found then
            return null;
        end if;
        select p.live_tasks < v_limit into v_room from compute.projects p where p.id = p_project_id;
        exit when found;
        insert into compute.projects (id) values (p_project_id) on conflict do nothing;
    end loop;
    return case when v_room then 'over_quota' else 'over_limit' end;
end
$$;
