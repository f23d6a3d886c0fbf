-- The attempts of an action, newest first, as Nova lists them. Tables: compute.events.
-- Callers: Compute.ServerStore.events
create or replace function compute.list_events_v1(p_request_id text) returns setof compute.events
language sql stable
as $$
    select e.* from compute.events e where e.request_id = p_request_id order by e.id desc limit 200
$$;
