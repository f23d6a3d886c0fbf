-- One page of servers. p_project_id as in compute.show_server_v1. p_vm_states: only these.
--
-- A condition is a column (compute.server_column_v1), an operator (=, ~, >=, <=; the last two for times, in seconds since
-- 1970) and a value; all must hold. 2201B with the column's name: a pattern is no regular expression, or refers back to
-- a part of itself, which can take for ever. p_sort_columns ends with a unique one. p_marker: the last server of the page
-- before, in any state (RQ404 when there is none such).
-- The statement is written for each call: a plan for every filter and order at once would serve none.
-- Tables: compute.servers. Callers: Compute.ServerStore.servers
create or replace function compute.list_servers_v2(
    p_project_id text,
    p_vm_states text[],
    p_columns text[],
    p_operators text[],
    p_values text[],
    p_sort_columns text[],
    p_descending boolean[],
    p_marker uuid,
    p_limit integer
) returns setof compute.servers
language plpgsql stable
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_where text := format('v.vm_state = any(%L::text[])', p_vm_states);
    v_order text := '';
    v_same text := 'true';
    v_after text := 'false';
    v_marker text[];
    v_column text;
begin
    if p_project_id is not null then
        v_where := v_where || format(' and v.project_id = %L', p_project_id);
    end if;
    for i in 1 .. cardinality(p_columns) loop
        v_column := compute.server_column_v1(p_columns[i]);
        if p_operators[i] = '~' then
            if replace(p_values[i], '\\', '') ~ '\\[1-9]' then
                raise exception '%', p_columns[i] using errcode = '2201B';
            end if;
            begin
                perform '' ~ p_values[i];
            exception when invalid_regular_expression then
                raise exception '%', p_columns[i] using errcode = '2201B';
            end;
        end if;
        v_where := v_where || ' and ' || case
            when p_operators[i] in ('>=', '<=')
                then format('%s %s to_timestamp(%L::double precision)', v_column, p_operators[i], p_values[i])
            -- A time is found in either way of writing it.
            when p_operators[i] = '~' and p_columns[i] in ('created_at', 'launched_at', 'terminated_at') then format(
                '(to_char(%1$s at time zone ''UTC'', ''YYYY-MM-DD HH24:MI:SS.US'') ~ %2$L'
                    ' or to_char(%1$s at time zone ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS"Z"'') ~ %2$L)',
                v_column, p_values[i])
            when p_operators[i] = '~' then format('%s::text ~ %L', v_column, p_values[i])
            else format('%s::text = %L', v_column, p_values[i])
        end;
    end loop;

    if p_marker is not null then
        execute format(
            'select array[%s] from compute.servers v where v.id = $1 and ($2 is null or v.project_id = $2)',
            (select string_agg(compute.server_column_v1(c.name) || '::text', ', ' order by c.place)
            from unnest(p_sort_columns) with ordinality as c (name, place))
        ) into v_marker using p_marker, p_project_id;
        if v_marker is null then
            raise exception 'marker [%] not found', p_marker using errcode = 'RQ404';
        end if;
    end if;
    -- Null is the greatest: the last when ascending, the first when descending.
    for i in 1 .. cardinality(p_sort_columns) loop
        v_column := compute.server_column_v1(p_sort_columns[i]);
        v_order := v_order || format(', %s %s', v_column, case when p_descending[i] then 'desc' else 'asc' end);
        v_after := v_after || format(' or (%s and %s)', v_same, case
            when p_descending[i] and v_marker[i] is null then format('%s is not null', v_column)
            when p_descending[i] then format('%s < %L', v_column, v_marker[i])
            when v_marker[i] is null then 'false'
            else format('(%1$s > %2$L or %1$s is null)', v_column, v_marker[i])
        end);
        v_same := v_same || case
            when v_marker[i] is null then format(' and %s is null', v_column)
            else format(' and %s = %L', v_column, v_marker[i])
        end;
    end loop;
    if p_marker is not null then
        v_where := v_where || format(' and (%s)', v_after);
        -- The same again in the first column alone, from which an index can begin.
        if p_descending[1] and v_marker[1] is not null then
            v_where := v_where
                || format(' and %s <= %L', compute.server_column_v1(p_sort_columns[1]), v_marker[1]);
        end if;
    end if;
    return query execute format(
        'select v.* from compute.servers v where %s order by %s limit %s', v_where, substr(v_order, 3), p_limit
    );
end
$$;
