-- One page of what was asked of a server, newest first. The caller has made sure that it may see the server.
--
-- p_since, p_before: only what was updated then or later, then or earlier; null: no bound. p_marker: the request id of the
-- last action of the page before, or null (RQ404 when there is none such).
-- Tables: compute.actions. Callers: Compute.ServerStore.actions
create or replace function compute.list_actions_v2(
    p_server_id uuid,
    p_since timestamptz,
    p_before timestamptz,
    p_marker text,
    p_limit integer
) returns setof compute.actions
language plpgsql stable
set enable_seqscan = off
set jit = off
as $$
declare
    v_marker compute.actions;
begin
    if p_marker is not null then
        select * into v_marker from compute.actions a where a.request_id = p_marker and a.server_id = p_server_id;
        if not found then
            raise exception 'marker [%] not found', p_marker using errcode = 'RQ404';
        end if;
    end if;
    return query
    select a.* from compute.actions a
    where a.server_id = p_server_id
        and (p_since is null or a.updated_at >= p_since)
        and (p_before is null or a.updated_at <= p_before)
        and (p_marker is null or (a.start_time, a.request_id) < (v_marker.start_time, v_marker.request_id))
    order by a.start_time desc, a.request_id desc
    limit p_limit;
end
$$;
