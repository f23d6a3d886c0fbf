-- Dead letters that may be asked for again, the first that failed first: nobody has yet, and no later request was
-- accepted for their servers. Each filter that is null lets all pass; p_since_seconds: only what failed since then.
--
-- Tables: queue.dead, queue.retries, compute.servers, compute.actions.
-- Callers: Compute.ServerStore.deadLetters (reprieve task retry)
create or replace function compute.list_dead_v1(
    p_kind text, p_host text, p_project_id text, p_since_seconds double precision, p_limit integer
)
returns table (
    id uuid, kind text, server_id uuid, project_id text, host text, attempt integer, lost_leases integer,
    error jsonb, failed_at timestamptz
)
language sql volatile
set jit = off
as $$
    select d.id, d.kind, d.subject_id, v.project_id, d.queue, d.attempt, d.lost_leases, d.errors -> -1, d.finished_at
    from queue.dead d
    join compute.servers v on v.id = d.subject_id
    where (p_kind is null or d.kind = p_kind)
        and (p_host is null or d.queue = p_host)
        and (p_project_id is null or v.project_id = p_project_id)
        and (p_since_seconds is null or d.finished_at >= queue.clock_v1() - make_interval(secs => p_since_seconds))
        and not exists (select from queue.retries r where r.task_id = d.id)
        and not compute.is_superseded_v1(d.request_id)
    order by d.finished_at, d.id
    limit p_limit
$$;
