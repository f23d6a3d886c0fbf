-- How many of the next p_slots slots are a priority class's own, when p_turn were filled before.
--
-- Every seven slots go to the classes 0, 1, 0, 2, 0, 1, 0 in this order. Callers: queue.pick_tasks_v1
create or replace function queue.share_v1(p_class integer, p_turn integer, p_slots integer) returns integer
language sql immutable parallel safe
as $$
    select (p_slots / 7) * (array[4, 2, 1])[p_class + 1] + (
        select count(*)::integer
        from generate_series(p_turn, p_turn + p_slots % 7 - 1) as slot
        where (array[0, 1, 0, 2, 0, 1, 0])[slot % 7 + 1] = p_class
    )
$$;
