-- Makes the partition of queue.history for one day (UTC), if there is none.
--
-- It is made as a table and attached, which never blocks a finish. A task that ends on a day for which nobody made a
-- partition in advance still ends: every finish asks, after it has locked its tasks, so that nobody waits for a task
-- while others wait for the partition.
-- Callers: queue.finish_tasks_v1, queue.cancel_waiting_v1, queue.record_done_v1, queue.maintain_history_v2
create or replace function queue.make_history_partition_v1(p_day date) returns void
language plpgsql volatile
as $$
declare
    v_name text := 'history_' || to_char(p_day, 'YYYYMMDD');
    v_from timestamptz := p_day::timestamp at time zone 'UTC';
    v_to timestamptz := (p_day + 1)::timestamp at time zone 'UTC';
begin
    if to_regclass('queue.' || v_name) is not null then
        return;
    end if;
    -- Of two that find it missing, one makes it and the other waits here and then finds it. The table is asked, since
    -- to_regclass would repeat what it remembers from above.
    perform pg_advisory_xact_lock(hashtext('queue.history'), hashtext(v_name));
    perform from pg_class c where c.relname = v_name and c.relnamespace = 'queue'::regnamespace;
    if found then
        return;
    end if;
    execute format('create table queue.%I (like queue.history including all)', v_name);
    execute format(
        'alter table queue.history attach partition queue.%I for values from (%L) to (%L)', v_name, v_from, v_to
    );
end
$$;
