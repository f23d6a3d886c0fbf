-- Whether nothing that was asked for a server, or failed for it, stands against purging it once it is due.
--
-- Tables: queue.tasks, queue.dead, queue.retries. Callers: compute.enqueue_due_purges_v1
create or replace function compute.may_be_purged_v1(p_server_id uuid, p_deleted_at timestamptz) returns boolean
language sql stable
set enable_seqscan = off
set jit = off
as $$
    select not exists (select from queue.tasks t where t.subject_id = p_server_id)
        -- A purge that failed for good waits for a person, who asks for it again.
        and not exists (
            select from queue.dead d
            where d.subject_id = p_server_id and d.kind = 'purge' and d.created_at > p_deleted_at
                and not exists (select from queue.retries r where r.task_id = d.id)
        )
        -- A restore that was asked for in time and failed late leaves a day to ask again.
        and not exists (
            select from queue.dead d
            where d.subject_id = p_server_id and d.kind = 'restore'
                and d.finished_at > queue.clock_v1() - interval '1 day'
        )
$$;
