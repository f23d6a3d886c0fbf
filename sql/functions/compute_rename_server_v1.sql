-- Changes the name and the description of one server, in any state but deleted; what is null stays, and an empty
-- description is none. Returns the server, or no row when there is none for this project.
--
-- Tables: compute.servers. Callers: Compute.ServerStore.rename
create or replace function compute.rename_server_v1(p_server_id uuid, p_project_id text, p_name text, p_description text)
returns setof compute.servers
language sql volatile
as $$
    update compute.servers v
    set name = coalesce(p_name, v.name),
        description = case when p_description is null then v.description else nullif(p_description, '') end,
        updated_at = queue.clock_v1()
    where v.id = p_server_id and v.vm_state <> 'deleted' and (p_project_id is null or v.project_id = p_project_id)
    returning v.*
$$;
