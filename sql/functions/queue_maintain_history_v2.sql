-- Makes the partitions of today and the days ahead, and drops those past the retention; returns how many it dropped.
-- Forgets workers that nobody has seen for as long.
--
-- p_swept_at: the time of a sweep that found nothing wrong with the clock; what is dropped is old by that. Null drops
-- nothing: a clock that jumps ahead would take the whole history with it.
-- A drop waits 100 ms for readers at the most: behind a waiting drop every finish would queue, so it gives up and is
-- tried again at the next call.
-- Tables: queue.history, queue.settings, queue.workers. Callers: TaskQueue.maintainHistory
create or replace function queue.maintain_history_v2(p_swept_at timestamptz) returns integer
language plpgsql volatile
set lock_timeout = '100ms'
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_keep timestamptz := p_swept_at - (select history_retention from queue.settings);
    v_dropped integer := 0;
    v_name text;
begin
    for ahead in 0 .. 3 loop
        perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date + ahead);
    end loop;
    -- Workers that are long gone; one that still has leases is kept until they are rescued.
    delete from queue.workers w
    where w.last_seen_at < v_keep
        and not exists (select from queue.tasks t where t.status = 'running' and t.worker_id = w.id);
    for v_name in
        select c.relname
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'queue.history'::regclass and c.relname ~ '^history_[0-9]{8}$'
            and to_date(right(c.relname, 8), 'YYYYMMDD') < (v_keep at time zone 'UTC')::date
    loop
        begin
            execute format('drop table queue.%I', v_name);
            v_dropped := v_dropped + 1;
        exception
            when undefined_table then
                null;  -- Another process dropped it.
            when lock_not_available then
                exit;  -- A reader holds it, and perhaps all of them: the next call sees.
        end;
    end loop;
    return v_dropped;
end
$$;
