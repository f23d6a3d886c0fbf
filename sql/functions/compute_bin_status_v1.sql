-- What the bin holds and how it is kept. Tables: compute.settings, compute.purge_guard, compute.servers.
-- Callers: Compute.ServerStore.binStatus (reprieve bin status)
create or replace function compute.bin_status_v1()
returns table (
    retention interval, purges_per_hour integer, soft_deleted bigint, due bigint, held bigint,
    purging_stopped_at timestamptz, purging_stopped_reason text
)
language sql volatile
as $$
    select s.retention, s.purges_per_hour,
        count(v.id), count(v.id) filter (where v.purge_at <= queue.clock_v1()),
        count(v.id) filter (where v.held_at is not null), g.stopped_at, g.stopped_reason
    from compute.settings s
    cross join compute.purge_guard g
    left join compute.servers v on v.vm_state = 'soft-delete'
    group by s.retention, s.purges_per_hour, g.stopped_at, g.stopped_reason
$$;
