-- The hosts with their workers, as clients know services; by host. p_hosts: only these, or null for all, which reads all
-- servers.
--
-- A host is listed when a server lives on it, a worker has served it, or an operator has said something about it. It is
-- alive while one of its workers was seen within 30 s. last_seen_at: null when none was ever.
-- Tables: compute.services, compute.servers, queue.workers, queue.queues.
-- Callers: Compute.ServerStore.services
create or replace function compute.list_services_v2(p_hosts text[])
returns table (
    number integer, id uuid, host text, alive boolean, last_seen_at timestamptz, disabled_at timestamptz,
    disabled_reason text, forced_down boolean
)
language plpgsql volatile
set jit = off
as $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
begin
    -- Only what is new: a list must not wait for another's.
    insert into compute.services (host)
    select n.host
    from (
        select v.host from compute.servers v where p_hosts is null and v.vm_state <> 'deleted'
        union select h.host
        from unnest(p_hosts) as h (host)
        where not exists (select from compute.services s where s.host = h.host)
            and exists (select from compute.servers v where v.host = h.host and v.vm_state <> 'deleted')
        union select q.name from queue.workers w cross join unnest(w.queues) as q (name)
        union select q.name from queue.queues q
    ) n
    where (p_hosts is null or n.host = any(p_hosts)) and not exists (select from compute.services s where s.host = n.host)
    order by n.host
    on conflict do nothing;

    return query
    select s.number, s.id, s.host, coalesce(w.alive, false), w.last_seen_at, q.paused_at, q.pause_reason, s.forced_down
    from compute.services s
    left join queue.queues q on q.name = s.host
    left join lateral (
        select bool_or(w.last_seen_at > v_now - interval '30 seconds' and not w.stopping) as alive,
            max(w.last_seen_at) as last_seen_at
        from queue.workers w
        where w.queues @> array[s.host]
    ) w on true
    where p_hosts is null or s.host = any(p_hosts)
    order by s.host;
end
$$;
