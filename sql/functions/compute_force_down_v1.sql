-- Says of a host whether it is to be taken for down, whatever its workers say. Returns whether there is such a host.
--
-- Tables: compute.services. Callers: Compute.ServerStore.forceDown
create or replace function compute.force_down_v1(p_host text, p_is_down boolean) returns boolean
language plpgsql volatile
as $$
begin
    update compute.services s set forced_down = p_is_down where s.host = p_host;
    return found;
end
$$;
