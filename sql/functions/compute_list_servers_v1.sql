-- One page of servers, newest first. p_project_id as in compute.show_server_v1. p_vm_states: only these.
--
-- p_name: a regular expression, as in Nova (2201B when it is none); p_exact_name: the whole name; p_marker: the last
-- server of the page before (RQ404 when there is none such).
-- Tables: compute.servers. Callers: Compute.ServerStore.servers
create or replace function compute.list_servers_v1(
    p_project_id text,
    p_vm_states text[],
    p_name text,
    p_exact_name text,
    p_marker uuid,
    p_limit integer
) returns setof compute.servers
language plpgsql stable
-- Every filter is optional: a plan for all of them at once would serve none.
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
    v_marker compute.servers;
begin
    if p_marker is not null then
        select * into v_marker from compute.servers v
        where v.id = p_marker and (p_project_id is null or v.project_id = p_project_id);
        if not found then
            raise exception 'marker [%] not found', p_marker using errcode = 'RQ404';
        end if;
    end if;
    return query
    select v.*
    from compute.servers v
    where (p_project_id is null or v.project_id = p_project_id)
        and v.vm_state = any(p_vm_states)
        and (p_name is null or v.name ~ p_name)
        and (p_exact_name is null or v.name = p_exact_name)
        and (p_marker is null or (v.created_at, v.id) < (v_marker.created_at, v_marker.id))
    order by v.created_at desc, v.id desc
    limit p_limit;
end
$$;
