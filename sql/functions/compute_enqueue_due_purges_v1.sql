-- Enqueues purges that are due, at most as many as the hour still allows; returns their queues.
--
-- "offset 0" keeps a plan that was made on small tables from walking all of a big one.
-- Tables: compute.servers, compute.purge_guard, compute.settings, compute.actions, queue.tasks, queue.dead,
-- queue.retries.
-- Callers: compute.sweep_v1
create or replace function compute.enqueue_due_purges_v1(
    p_limit integer,
    p_previous timestamptz,
    p_elapsed_seconds double precision,
    p_witness timestamptz
) returns text[]
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_room integer;
    v_servers uuid[];
    v_server compute.servers;
    v_request text;
    v_task uuid;
    v_queues text[] := '{}';
begin
    -- Who has swept only once cannot know whether the clock jumped: it purges from its second sweep on.
    if not compute.purging_allowed_v1(p_previous, p_elapsed_seconds, p_witness) or p_previous is null then
        return v_queues;
    end if;
    update compute.purge_guard g
    set hour_started_at = v_now, hour_count = 0
    where g.hour_started_at is null or g.hour_started_at <= v_now - interval '1 hour';
    select least(p_limit, s.purges_per_hour - g.hour_count) into v_room
    from compute.settings s, compute.purge_guard g;

    -- Locked first and looked at by a later statement: what stands against a purge may have come while this one waited
    -- to begin, and a statement sees what is in other tables as it was at its own beginning.
    v_servers := array(
        select v.id
        from compute.servers v
        where v.vm_state = 'soft-delete' and v.task_state is null and v.purge_at <= v_now and v.held_at is null
            -- Said here too, as it is cheap: thousands may be due whose purge waits for a host that is away.
            and not exists (select from queue.tasks t where t.subject_id = v.id offset 0)
            and compute.may_be_purged_v1(v.id, v.deleted_at)
        order by v.purge_at
        limit greatest(v_room, 0)
        for update skip locked
    );
    for v_server in
        select v.*
        from unnest(v_servers) as due (id)
        cross join lateral (select * from compute.servers s where s.id = due.id offset 0) v
        where compute.may_be_purged_v1(v.id, v.deleted_at)
        order by v.purge_at
    loop
        v_request := 'req-' || gen_random_uuid();
        v_task := queue.new_id_v1();
        insert into compute.actions values
            (v_request, v_server.id, v_server.project_id, 'reprieve', 'delete', v_task, v_now, v_now, null);
        perform compute.enqueue_task_v1(v_task, v_server, 'purge', v_request, 2, null);
        v_queues := v_queues || v_server.host;
    end loop;

    if cardinality(v_queues) > 0 then
        update compute.purge_guard set hour_count = hour_count + cardinality(v_queues);
    end if;
    return v_queues;
end
$$;
