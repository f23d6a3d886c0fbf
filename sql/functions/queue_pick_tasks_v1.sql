-- Locks the tasks of one queue that a claim may take now, at most p_limit, and returns their places (ctid), which they
-- keep while they are locked.
--
-- Tables: queue.tasks, queue.queues. Parameters as queue.claim_tasks_v3; p_low has three numbers.
-- Callers: queue.claim_tasks_v3
create or replace function queue.pick_tasks_v1(
    p_queue text,
    p_kinds text[],
    p_limit integer,
    p_low bigint[],
    p_turn integer
) returns tid[]
language plpgsql volatile
set enable_seqscan = off
set jit = off
-- A plan for the very values is never worth its making here: each call would be planned anew.
set plan_cache_mode = force_generic_plan
set enable_bitmapscan = off
as $$
declare
    v_room integer := p_limit;
    v_queue queue.queues;
    v_low bigint[] := p_low;
    v_slots integer;
    v_classes integer[];
    class integer;
    v_share integer;
    v_places tid[] := '{}';
    v_found tid[];
    v_last bigint;
begin
    select * into v_queue from queue.queues q where q.name = p_queue;
    if v_queue.paused_at is not null then
        return v_places;
    end if;
    if v_queue.running_limit is not null then
        -- Claims of this queue go one after another, or two could count the same room; and what stands in the row is
        -- read again under the lock.
        select * into v_queue from queue.queues q where q.name = p_queue for no key update;
        if v_queue.paused_at is not null then
            return v_places;
        end if;
        -- A later statement than the lock, so that it sees what the claim before this one has taken.
        v_room := least(v_room, v_queue.running_limit - (
            select count(*)::integer from queue.tasks t where t.status = 'running' and t.queue = p_queue
        ));
    end if;

    v_slots := v_room;
    -- Mostly there is nothing, or only one class has something and takes all.
    v_classes := array(
        select c
        from generate_series(0, 2) c
        where (
            select true from queue.tasks t
            where t.status = 'queued' and t.queue = p_queue and t.priority = c and t.position >= p_low[c + 1]
            limit 1
        )
        order by c
    );
    -- First each class takes its share, then what is left goes by class.
    for pass in (case cardinality(v_classes) when 1 then 2 else 1 end) .. 2 loop
        foreach class in array v_classes loop
            exit when v_room <= 0;
            v_share := case pass when 1 then queue.share_v1(class, p_turn, v_slots) else v_room end;
            continue when v_share <= 0 or v_low[class + 1] is null;
            select array_agg(f.ctid), max(f.position) into v_found, v_last
            from (
                select t.ctid, t.position
                from queue.tasks t
                where t.status = 'queued' and t.queue = p_queue and t.priority = class
                    and t.position >= v_low[class + 1] and t.kind = any(p_kinds)
                order by t.position
                limit least(v_share, v_room)
                for update skip locked
            ) f;
            -- Null: the class has no more.
            v_low[class + 1] := case when cardinality(v_found) = least(v_share, v_room) then v_last + 1 end;
            v_places := v_places || v_found;
            v_room := v_room - coalesce(cardinality(v_found), 0);
        end loop;
    end loop;
    return v_places;
end
$$;
