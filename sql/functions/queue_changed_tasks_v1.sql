-- Which of these tasks are not as somebody last saw them: status, attempt, step and percent, as a mark.
--
-- One that was seen without a mark is only looked at for its end: that it is no live task any more. Its place in line and what it waits for are not looked at: they cost too much
-- to be looked at for thousands. Tables: queue.tasks. Callers: TaskQueue.changedTasks
create or replace function queue.changed_tasks_v1(p_ids uuid[], p_marks text[]) returns setof uuid
language plpgsql stable
set enable_seqscan = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
begin
    return query
    select seen.id
    from unnest(p_ids, p_marks) as seen (id, mark)
    left join lateral (
        select format('%s %s %s %s', t.status, t.attempt, t.progress ->> 'step', t.progress ->> 'percent') as mark
        from queue.tasks t
        where t.id = seen.id
        offset 0
    ) now on true
    where case when seen.mark is null then now.mark is null else now.mark is distinct from seen.mark end;
end
$$;
