-- Whether a use is within a limit; -1 is none. Callers: compute.reserve_v1, compute.restore_servers_v1,
-- compute.quota_shortage_v1
create or replace function compute.fits_v1(p_use bigint, p_limit integer) returns boolean
language sql immutable parallel safe
return p_limit < 0 or p_use <= p_limit;
