-- The one clock. Every timestamp and deadline that is stored or compared comes from here.
--
-- A test moves it for its own session with the setting reprieve.clock_offset (an interval); production never sets it.
-- Callers: every function that needs the time.
create or replace function queue.clock_v1() returns timestamptz
language sql volatile parallel safe
as $$
    select clock_timestamp() + coalesce(nullif(current_setting('reprieve.clock_offset', true), ''), '0')::interval
$$;
