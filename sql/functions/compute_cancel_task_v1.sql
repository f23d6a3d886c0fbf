-- An operator calls a task off: one that waits is cancelled now and its server is as it was; of one that runs, its
-- worker learns at its next heartbeat.
--
-- outcome: cancelled; asked; begun (a destroy of which an attempt has begun: what is left of its server can only be
-- destroyed); ended (status says how); behind (a force delete that waits for the running task of its server, and has no
-- row yet); not_found. The action gets an event that says who asked.
-- Lock order: servers, tasks, then actions, events. Tables: compute.servers, compute.actions, queue.tasks,
-- queue.history, compute.events. State: queued | retrying -> cancelled; running stays, with cancel_requested_at.
-- Callers: Compute.ServerStore.cancelTask (reprieve task cancel)
create or replace function compute.cancel_task_v1(p_task_id uuid, p_operator text)
returns table (outcome text, status text, kind text, queue text)
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_server compute.servers;
    v_task queue.tasks;
begin
    -- Through the action, which is there before its task and after it.
    select v.* into v_server
    from compute.servers v
    where v.id = (select a.server_id from compute.actions a where a.task_id = p_task_id)
    for update;
    select * into v_task from queue.tasks t where t.id = p_task_id for update;
    if not found then
        return query
        select case when t.finished_at is null then 'behind' else 'ended' end, t.status, t.kind, t.queue
        from compute.tasks_v1 t where t.id = p_task_id;
        if not found then
            return query select 'not_found', null::text, null::text, null::text;
        end if;
        return;
    end if;
    if v_task.kind = 'purge' and v_server.task_state = 'deleting'
        or v_task.kind = 'force_delete' and v_task.started_at is not null then
        return query select 'begun', v_task.status, v_task.kind, v_task.queue;
        return;
    end if;

    v_now := queue.clock_v1();
    insert into compute.events (request_id, event, start_time, finish_time, result, reason, cause, host)
    values (
        v_task.request_id, 'compute_cancel_task', v_now, v_now, 'Success', 'An operator asked to cancel the request.',
        format('by %s', p_operator), v_task.queue
    );
    -- Asked before, it is to be looked at before it may end.
    if v_task.status = 'running' or v_task.cancel_requested_at is not null then
        update queue.tasks t set cancel_requested_at = coalesce(t.cancel_requested_at, v_now) where t.id = p_task_id;
        return query select 'asked', v_task.status, v_task.kind, v_task.queue;
    else
        perform compute.settle_v1(array(select s from queue.cancel_waiting_v1(v_task.subject_id, false) s));
        return query select 'cancelled', 'cancelled', v_task.kind, v_task.queue;
    end if;
end
$$;
