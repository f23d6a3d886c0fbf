-- The self-test of wake-ups: notifies one process on a channel of its own, and says how many workers live.
--
-- Without a channel it only counts. Like a wake-up it has nothing to lose in a crash, so its commit does not wait for the
-- disk. Tables: queue.workers. Callers: TaskQueue.echo
create or replace function queue.echo_v1(p_channel text, p_payload text) returns integer
language plpgsql volatile
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    if p_channel is not null then
        perform pg_notify(p_channel, p_payload);
    end if;
    return (
        select count(*) from queue.workers w
        where w.last_seen_at > queue.clock_v1() - interval '30 seconds' and not w.stopping
    );
end
$$;
