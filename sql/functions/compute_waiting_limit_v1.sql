-- How many unfinished tasks a project may have; sets it first, when p_limit is not null.
--
-- Tables: compute.settings. Callers: Compute.ServerStore.waitingLimit (reprieve queue project-limit)
create or replace function compute.waiting_limit_v1(p_limit integer) returns integer
language plpgsql volatile
as $$
begin
    if p_limit is not null then
        update compute.settings set waiting_limit = p_limit;
    end if;
    return (select s.waiting_limit from compute.settings s);
end
$$;
