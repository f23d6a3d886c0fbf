-- Decides whether the clock can be trusted with purges, and remembers a "no" until an operator confirms the clock.
--
-- Three witnesses: the caller's monotonic clock since its last sweep, its wall clock, and the last time seen here.
-- Tables: compute.purge_guard. Callers: compute.enqueue_due_purges_v1
create or replace function compute.purging_allowed_v1(
    p_previous timestamptz,
    p_elapsed_seconds double precision,
    p_witness timestamptz
) returns boolean
language plpgsql volatile
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_most constant interval := '5 minutes';
    v_drift interval := (v_now - p_previous) - make_interval(secs => p_elapsed_seconds);
    v_guard compute.purge_guard;
    v_reason text;
begin
    select * into v_guard from compute.purge_guard for update;
    if v_guard.stopped_at is not null then
        return false;
    end if;
    v_reason := case
        when abs(extract(epoch from v_drift)) > extract(epoch from v_most)
            then format('the database''s clock jumped by %s', date_trunc('second', v_drift))
        when v_guard.last_seen_at > v_now + v_most
            then format('the database''s clock went back from %s to %s', v_guard.last_seen_at, v_now)
        when abs(extract(epoch from v_now - p_witness)) > extract(epoch from v_most)
            then format('the database''s clock says %s, a worker''s %s', v_now, p_witness)
    end;
    if v_reason is not null then
        update compute.purge_guard set stopped_at = v_now, stopped_reason = v_reason;
        return false;
    end if;
    -- Once a minute is enough, and keeps an idle fleet from writing.
    if v_guard.last_seen_at is null or v_guard.last_seen_at < v_now - interval '1 minute' then
        update compute.purge_guard set last_seen_at = v_now;
    end if;
    return true;
end
$$;
