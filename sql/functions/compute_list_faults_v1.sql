-- The newest failure of each of these servers that has one.
--
-- Tables: compute.actions, compute.events. Callers: Compute.ServerStore.faults
create or replace function compute.list_faults_v1(p_server_ids uuid[])
returns table (server_id uuid, failed_at timestamptz, reason text, cause text)
language plpgsql stable
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
begin
    return query
    select s.id, f.finish_time, f.reason, f.cause
    from unnest(p_server_ids) as s (id)
    cross join lateral (
        select e.finish_time, e.reason, e.cause
        from compute.actions a join compute.events e on e.request_id = a.request_id
        where a.server_id = s.id and e.result = 'Error'
        order by a.start_time desc, e.id desc
        limit 1
    ) f;
end
$$;
