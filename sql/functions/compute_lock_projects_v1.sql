-- Locks the rows of some projects in order of id, and makes those that are missing.
--
-- They are made before any is locked: who waits for another's new row holds no old one, so nobody waits in a circle.
-- Tables: compute.projects. The caller holds the servers and tasks that it needs.
-- Callers: compute.restore_servers_v1, compute.delete_servers_v1, compute.settle_v1
create or replace function compute.lock_projects_v1(p_ids text[]) returns void
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
begin
    if exists (select unnest(p_ids) except select p.id from compute.projects p where p.id = any(p_ids)) then
        insert into compute.projects (id) select distinct i from unnest(p_ids) i order by 1 on conflict do nothing;
    end if;
    perform from compute.projects p where p.id = any(p_ids) order by p.id for update;
end
$$;
