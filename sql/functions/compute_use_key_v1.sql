-- What a client's key stands for: the request id of the first request that came with it within 24 hours.
--
-- p_hash: of project and key; p_request_hash: of what is asked now; p_request_id: the id for it, if the key is new.
-- matches: whether the same was asked. is_answered: the answer was that there was nothing to do, and task_id is of it.
-- The id leads to the answer, through the rule that a repeated request id gets its first outcome. So this commit need not
-- wait for the disk: an accepting commit that comes after it makes it durable as well.
-- Each call also clears away a few keys that are too old. Tables: compute.keys. Callers: Compute.ServerStore.useKey
create or replace function compute.use_key_v1(p_hash uuid, p_request_hash uuid, p_request_id text)
returns table (request_id text, matches boolean, is_answered boolean, task_id uuid)
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
    v_oldest timestamptz := v_now - interval '24 hours';
begin
    perform set_config('synchronous_commit', 'off', true);
    delete from compute.keys k
    where k.ctid = any(array(
        select o.ctid from compute.keys o
        where o.created_at < v_oldest and o.hash <> p_hash
        order by o.created_at
        limit 10
        for update skip locked
    ));
    return query
    insert into compute.keys as k (hash, request_hash, request_id, created_at)
    values (p_hash, p_request_hash, p_request_id, v_now)
    on conflict (hash) do update set
        request_hash = case when k.created_at < v_oldest then p_request_hash else k.request_hash end,
        request_id = case when k.created_at < v_oldest then p_request_id else k.request_id end,
        is_answered = k.is_answered and k.created_at >= v_oldest,
        task_id = case when k.created_at >= v_oldest then k.task_id end,
        created_at = case when k.created_at < v_oldest then v_now else k.created_at end
    returning k.request_id, k.request_hash = p_request_hash, k.is_answered, k.task_id;
end
$$;
