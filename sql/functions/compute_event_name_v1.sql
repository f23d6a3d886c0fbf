-- The name that Nova gives the event of a task kind. Callers: compute.settle_v1
create or replace function compute.event_name_v1(p_kind text) returns text
language sql immutable
as $$
    select case p_kind
        when 'soft_delete' then 'compute_soft_delete_instance'
        when 'restore' then 'compute_restore_instance'
        when 'purge' then 'compute_purge_instance'
        when 'force_delete' then 'compute_terminate_instance'
    end
$$;
