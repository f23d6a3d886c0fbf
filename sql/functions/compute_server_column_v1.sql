-- What a list of servers compares or sorts by, as an expression over a row v of compute.servers; by the name that Nova's
-- clients use. What servers have in Nova and not here is what the API shows of it.
--
-- Tables: none. Callers: compute.list_servers_v2
create or replace function compute.server_column_v1(p_name text) returns text
language sql immutable
as $$
    select case
        when p_name in ('availability_zone', 'created_at', 'host', 'key_name', 'launched_at', 'locked_by', 'power_state',
            'project_id', 'task_state', 'terminated_at', 'updated_at', 'user_id', 'vm_state') then 'v.' || p_name
        when p_name in ('uuid', 'id') then 'v.id'
        when p_name = 'tenant_id' then 'v.project_id'
        when p_name = 'node' then 'v.host'
        when p_name in ('name', 'display_name') then 'v.name'
        when p_name in ('description', 'display_description') then 'v.description'
        when p_name in ('image', 'image_ref') then 'v.image_id'
        when p_name in ('flavor', 'instance_type_id') then $e$(v.flavor ->> 'id')$e$
        when p_name = 'locked' then '(v.locked_by is not null)'
        -- As ServerParts.hostname makes it.
        when p_name = 'hostname' then $e$coalesce(nullif(rtrim(left(ltrim(regexp_replace(
            translate(lower(v.name), ' _.', '---'), '[^a-z0-9-]', '', 'g'), '-'), 63), '-'), ''), 'server-' || v.id)$e$
        when p_name in ('config_drive', 'kernel_id', 'ramdisk_id') then $e$''::text$e$
        when p_name in ('launch_index', 'progress') then $e$'0'::text$e$
        when p_name = 'auto_disk_config' then $e$'false'::text$e$
        when p_name in ('access_ip_v4', 'access_ip_v6', 'reservation_id', 'root_device_name') then 'null::text'
    end
$$;
