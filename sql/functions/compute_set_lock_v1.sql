-- Locks or unlocks one server, in any state; doing it twice is fine.
--
-- p_is_locked: lock, or unlock. Who acts in another project than the server's locks as an administrator, and an owner's
-- lock does not take that one's place. p_reason: null keeps the reason of the lock that there is. p_may_override: whether
-- the caller may undo a lock that is not its own kind.
-- outcome: done; not_found; not_yours (the lock is another's).
-- Tables: compute.servers, compute.actions, compute.events. Callers: Compute.ServerStore.setLock
create or replace function compute.set_lock_v1(
    p_server_id uuid,
    p_project_id text,
    p_caller_project_id text,
    p_user_id text,
    p_request_id text,
    p_is_locked boolean,
    p_reason text,
    p_may_override boolean
) returns text
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz;
    v_server compute.servers;
    v_kind text;
begin
    select v.* into v_server from compute.servers v where v.id = p_server_id for update;
    if not found or v_server.project_id <> p_project_id or v_server.vm_state = 'deleted' then
        return 'not_found';
    end if;
    -- What comes after the lock, for the reason that compute.lock_server_v1 gives.
    perform from compute.actions a where a.request_id = p_request_id;
    if found then
        return 'done';
    end if;
    v_kind := case when v_server.project_id = p_caller_project_id then 'owner' else 'admin' end;
    if p_is_locked and v_server.locked_by is not null and v_kind = 'owner' then
        return 'done';
    end if;
    if not p_is_locked and v_server.locked_by <> v_kind and not p_may_override then
        return 'not_yours';
    end if;
    v_now := queue.clock_v1();
    update compute.servers v
    set locked_by = case when p_is_locked then v_kind end,
        locked_reason = case when p_is_locked then coalesce(p_reason, v.locked_reason) end,
        updated_at = v_now
    where v.id = p_server_id;
    insert into compute.actions values (
        p_request_id, p_server_id, p_caller_project_id, p_user_id, case when p_is_locked then 'lock' else 'unlock' end,
        null, v_now, v_now, null
    );
    insert into compute.events (request_id, event, start_time, finish_time, result, host)
    values (
        p_request_id, case when p_is_locked then 'api_lock' else 'api_unlock' end, v_now, v_now, 'Success', v_server.host
    );
    return 'done';
end
$$;
