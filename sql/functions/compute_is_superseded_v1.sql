-- Whether a later request was accepted for the server of this one: what the earlier one wanted is out of date.
--
-- Purges are nobody's request. Tables: compute.actions. Callers: compute.retry_task_v1, compute.list_dead_v1
create or replace function compute.is_superseded_v1(p_request_id text) returns boolean
language sql stable
as $$
    select exists (
        select
        from compute.actions a
        join compute.actions later on later.server_id = a.server_id
        where a.request_id = p_request_id and later.start_time > a.start_time and later.task_id is not null
            and later.user_id <> 'reprieve'
    )
$$;
