-- Tells processes whose clients wait for tasks which ones to look at again, after the commit that changed them.
--
-- Their own look every few seconds is the truth: a lost notification costs so long. It has nothing to lose in a crash, so
-- its commit does not wait for the disk. A payload has room for
-- 200 ids, those that have ended with a mark before them.
-- Returns how many workers live, which share what the database is to be bothered with.
-- Tables: queue.workers. Callers: TaskQueue.tell
create or replace function queue.tell_v1(p_task_ids uuid[], p_ended boolean[]) returns integer
language plpgsql volatile
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    perform pg_notify('reprieve_news', string_agg(case when t.has_ended then '!' else '' end || t.id, ' '))
    from unnest(p_task_ids, p_ended) with ordinality as t (id, has_ended, number)
    group by (t.number - 1) / 200;
    return queue.echo_v1(null, null);
end
$$;
