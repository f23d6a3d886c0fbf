-- An operator asks again for what a dead letter failed to do: the accepting function is called as for any request of
-- an administrator, with a new request id, and may refuse. The dead letter stays, with a note of its retry.
--
-- A purge is left to the next sweep, which alone decides about purges: it counts them and watches the clock.
-- outcome: those of the accepting functions; left_to_sweep; retried (before, as task_id); superseded (a later request
-- was accepted for the server); not_failed; not_found.
-- Lock order: servers, then as the accepting functions. Tables: queue.dead, queue.retries, and those of the accepting
-- functions. Callers: Compute.ServerStore.retryTask (reprieve task retry)
create or replace function compute.retry_task_v1(p_task_id uuid, p_operator text, p_request_id text)
returns compute.accepted
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_dead queue.dead;
    v_server compute.servers;
    v_before queue.retries;
    v_answer compute.accepted;
begin
    select * into v_dead from queue.dead d where d.id = p_task_id;
    if not found then
        perform from compute.tasks_v1 t where t.id = p_task_id;
        v_answer.outcome := case when found then 'not_failed' else 'not_found' end;
        return v_answer;
    end if;
    -- Of two retries the second waits here, and then finds the first.
    select * into v_server from compute.servers v where v.id = v_dead.subject_id for update;
    select * into v_before from queue.retries r where r.task_id = p_task_id;
    if found then
        return row('retried', v_before.retried_as, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if compute.is_superseded_v1(v_dead.request_id) then
        return row('superseded', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;

    if v_dead.kind = 'restore' then
        v_answer := compute.restore_server_v1(v_server.id, null, v_server.project_id, p_operator, p_request_id, null);
    elsif v_dead.kind = 'soft_delete' then
        v_answer := compute.delete_server_v1(v_server.id, null, v_server.project_id, p_operator, p_request_id, null);
    elsif v_dead.kind = 'force_delete' then
        v_answer :=
            compute.force_delete_server_v1(v_server.id, null, v_server.project_id, p_operator, p_request_id, null);
    else
        v_answer := row(
            case
                when v_server.vm_state = 'deleted' then 'not_found'
                when v_server.vm_state <> 'soft-delete' then 'wrong_vm_state'
                when v_server.task_state is not null then 'wrong_task_state'
                else 'left_to_sweep'
            end,
            null, null, v_server.vm_state, v_server.task_state
        )::compute.accepted;
    end if;
    if v_answer.outcome in ('accepted', 'left_to_sweep') then
        insert into queue.retries values (p_task_id, v_answer.task_id, queue.clock_v1(), p_operator);
    end if;
    return v_answer;
end
$$;
