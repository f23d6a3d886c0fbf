-- Takes a server that lives on a host into Reprieve's care. Adopting it again changes nothing.
--
-- Tables: compute.servers, compute.projects, compute.actions, compute.events.
-- outcome: adopted; already (the same server with the same owner and host); conflict (known with another owner or host,
-- or destroyed). Callers: Compute.ServerStore.adopt (reprieve server adopt)
create or replace function compute.adopt_server_v1(
    p_server_id uuid,
    p_project_id text,
    p_user_id text,
    p_name text,
    p_host text,
    p_power_state integer,
    p_flavor jsonb,
    p_image_id text,
    p_metadata jsonb
) returns text
language plpgsql volatile
as $$
declare
    v_now timestamptz := queue.clock_v1();
    v_request text := 'req-' || gen_random_uuid();
    v_known compute.servers;
begin
    insert into compute.servers (
        id, project_id, user_id, name, host, vm_state, power_state, flavor, image_id, metadata, created_at, updated_at,
        launched_at
    ) values (
        p_server_id, p_project_id, p_user_id, p_name, p_host,
        case p_power_state when 1 then 'active' else 'stopped' end, p_power_state,
        coalesce(p_flavor, '{}'), p_image_id, coalesce(p_metadata, '{}'), v_now, v_now, v_now
    ) on conflict (id) do nothing;
    if not found then
        select * into v_known from compute.servers v where v.id = p_server_id for update;
        return case
            when v_known.project_id = p_project_id and v_known.host = p_host and v_known.vm_state <> 'deleted'
                then 'already'
            else 'conflict'
        end;
    end if;
    -- It is there, so it counts, whatever the quota says.
    insert into compute.projects as p (id, instances, cores, ram)
    select v.project_id, 1, v.cores, v.ram from compute.servers v where v.id = p_server_id
    on conflict (id) do update
    set instances = p.instances + 1, cores = p.cores + excluded.cores, ram = p.ram + excluded.ram;
    insert into compute.actions values
        (v_request, p_server_id, p_project_id, p_user_id, 'create', null, v_now, v_now, null);
    insert into compute.events (request_id, event, start_time, finish_time, result, host)
    values (v_request, 'compute_adopt_instance', v_now, v_now, 'Success', p_host);
    return 'adopted';
end
$$;
