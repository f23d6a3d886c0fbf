-- A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then version, variant and random bits, so that ids sort by time.
-- Callers: every function that makes a task.
create or replace function queue.new_id_v1() returns uuid
language sql volatile parallel safe
as $$
    select encode(
        set_bit(
            set_bit(
                overlay(
                    uuid_send(gen_random_uuid())
                    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
                    from 1 for 6
                ),
                52, 1
            ),
            53, 1
        ),
        'hex'
    )::uuid
$$;
