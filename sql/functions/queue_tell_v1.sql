-- Tells processes whose clients wait for tasks which ones to look at again, after the commit that changed them.
--
-- Their own look every few seconds is the truth: a lost notification costs so long. It has nothing to lose in a crash, so
-- its commit does not wait for the disk. A payload has room for 200 ids.
-- Returns how many workers live, which share what the database is to be bothered with.
-- Tables: queue.workers. Callers: TaskQueue.tell
create or replace function queue.tell_v1(p_task_ids uuid[]) returns integer
language plpgsql volatile
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    perform pg_notify('reprieve_news', string_agg(t.id::text, ' '))
    from unnest(p_task_ids) with ordinality as t (id, number)
    group by (t.number - 1) / 200;
    return queue.echo_v1(null, null);
end
$$;
