-- One server. p_project_id: the caller's project, or null for an administrator, who may see all.
--
-- p_even_destroyed: also one that is hard-deleted.
-- Tables: compute.servers. Callers: Compute.ServerStore.server
create or replace function compute.show_server_v1(p_server_id uuid, p_project_id text, p_even_destroyed boolean)
returns setof compute.servers
language sql stable
as $$
    select v.* from compute.servers v
    where v.id = p_server_id and (p_even_destroyed or v.vm_state <> 'deleted')
        and (p_project_id is null or v.project_id = p_project_id)
$$;
