-- Locks the server that a request is about, and then looks at what every request looks at first.
--
-- The first statement locks, later ones look: a look in the locking statement could read a stale snapshot.
-- p_project_id: the caller's project, or null for an administrator, who may act on anybody's and despite a lock.
-- o_answer: the answer, where there is one already: not_found; the first outcome of a repeated request id; locked. Its
-- outcome is null when the request may go on, with o_server.
-- Tables: compute.servers, compute.actions.
-- Callers: compute.restore_server_v1, compute.delete_server_v1, compute.force_delete_server_v1
create or replace function compute.lock_server_v1(
    p_server_id uuid,
    p_project_id text,
    p_request_id text,
    out o_server compute.servers,
    out o_answer compute.accepted
)
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_task uuid;
begin
    select v.* into o_server from compute.servers v where v.id = p_server_id for update;
    if not found or o_server.project_id <> p_project_id then
        o_answer := row('not_found', null, null, null, null);
        return;
    end if;
    select a.task_id into v_task from compute.actions a
    where a.request_id = p_request_id and a.server_id = p_server_id;
    if found then
        o_answer := row('accepted', v_task, o_server.host, o_server.vm_state, o_server.task_state);
    elsif o_server.vm_state = 'deleted' then
        o_answer := row('not_found', null, null, null, null);
    elsif o_server.locked_by is not null and p_project_id is not null then
        o_answer := row('locked', null, null, o_server.vm_state, o_server.task_state);
    end if;
end
$$;
