-- One action of a server. Tables: compute.actions. Callers: Compute.ServerStore.action
create or replace function compute.show_action_v1(p_server_id uuid, p_request_id text) returns setof compute.actions
language sql stable
as $$
    select a.* from compute.actions a where a.request_id = p_request_id and a.server_id = p_server_id
$$;
