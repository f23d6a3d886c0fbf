-- The answer to a question to a host; null when there is none yet. Tables: compute.probes.
-- Callers: Compute.ServerStore.answer
create or replace function compute.read_probe_v1(p_id uuid) returns text
language sql stable
as $$
    select p.answer from compute.probes p where p.id = p_id
$$;
