-- Keeps the answer to a client's key where no action does: there was nothing to do.
--
-- Tables: compute.keys. Callers: Compute.ServerStore.keepAnswer
create or replace function compute.answer_key_v1(p_hash uuid, p_request_id text, p_task_id uuid) returns void
language sql volatile
as $$
    update compute.keys k set is_answered = true, task_id = p_task_id
    where k.hash = p_hash and k.request_id = p_request_id
$$;
