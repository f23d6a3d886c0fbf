-- What was asked of a server, newest first. The caller has made sure that it may see the server.
--
-- Tables: compute.actions. Callers: Compute.ServerStore.actions
create or replace function compute.list_actions_v1(p_server_id uuid, p_limit integer) returns setof compute.actions
language sql stable
as $$
    select a.* from compute.actions a
    where a.server_id = p_server_id
    order by a.start_time desc, a.request_id desc
    limit p_limit
$$;
