-- How many of the next p_slots slots are a priority class's own, when p_turn were filled before.
--
-- Every seven slots go to the classes 0, 1, 0, 2, 0, 1, 0 in this order. Callers: queue.pick_tasks_v1
create or replace function queue.share_v1(p_class integer, p_turn integer, p_slots integer) returns integer
language sql immutable parallel safe
as $$
    -- before: how many slots of a class lie before each place of two rounds.
    select (p_slots / 7) * (array[4, 2, 1])[p_class + 1]
        + before[p_class + 1][p_turn % 7 + p_slots % 7 + 1] - before[p_class + 1][p_turn % 7 + 1]
    from (values (array[
        [0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7, 7],
        [0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4],
        [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2]
    ])) as counts (before)
$$;
