-- Wakes the workers of some queues, after the commit that gave them work.
--
-- It has nothing to lose in a crash, so its own commit does not wait for the disk. Callers: TaskQueue.wake
create or replace function queue.wake_v1(p_queues text[]) returns void
language plpgsql volatile
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    perform queue.notify_v1(p_queues);
end
$$;
