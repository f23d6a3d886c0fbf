CREATE SCHEMA compute;
CREATE SCHEMA queue;
CREATE SCHEMA reprieve;
CREATE TYPE compute.accepted AS (
	outcome text,
	task_id uuid,
	queue text,
	vm_state text,
	task_state text
);
CREATE TYPE queue.settled AS (
	id uuid,
	token bigint,
	verdict text,
	status text,
	kind text,
	queue text,
	subject_id uuid,
	request_id text,
	attempt integer,
	worker_id text,
	attempt_started_at timestamp with time zone,
	error jsonb
);
CREATE FUNCTION compute.adopt_server_v1(p_server_id uuid, p_project_id text, p_user_id text, p_name text, p_host text, p_power_state integer, p_flavor jsonb, p_image_id text, p_metadata jsonb) RETURNS text
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION compute.answer_key_v1(p_hash uuid, p_request_id text, p_task_id uuid) RETURNS void
    LANGUAGE sql
    AS $$
    update compute.keys k set is_answered = true, task_id = p_task_id
    where k.hash = p_hash and k.request_id = p_request_id
$$;
CREATE FUNCTION compute.answer_probe_v1(p_id uuid, p_answer text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('synchronous_commit', 'off', true);
    update compute.probes p set answer = p_answer where p.id = p_id;
    perform pg_notify('reprieve_news', '!' || p_id);
end
$$;
CREATE FUNCTION compute.ask_probe_v1(p_id uuid, p_server_id uuid, p_host text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('synchronous_commit', 'off', true);
    delete from compute.probes p where p.asked_at < queue.clock_v1() - interval '1 minute';
    insert into compute.probes (id, asked_at) values (p_id, queue.clock_v1());
    perform pg_notify('reprieve_probes', concat_ws(' ', p_host, p_id, p_server_id));
end
$$;
CREATE FUNCTION compute.begin_destroy_v2(p_task_id uuid, p_token bigint) RETURNS text
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_server compute.servers;
    v_task queue.tasks;
begin
    perform from compute.servers v
    where v.id = (select t.subject_id from queue.tasks t where t.id = p_task_id and t.lease_token = p_token)
    for update;
    select t.* into v_task from queue.tasks t where t.id = p_task_id and t.lease_token = p_token for update;
    if not found then
        raise exception 'the lease on task % is lost', p_task_id using errcode = 'RQ001';
    end if;
    select v.* into v_server from compute.servers v where v.id = v_task.subject_id;
    if v_server.vm_state = 'deleted' then
        return 'look';
    end if;
    if v_task.kind = 'force_delete' then
        return 'destroy';
    end if;
    -- Before every attempt, also after a first one that failed: a hold, a cancel or a mended clock since then saves it.
    if v_server.vm_state <> 'soft-delete' or coalesce(v_server.task_state, 'deleting') <> 'deleting'
        or v_server.held_at is not null or v_server.purge_at > queue.clock_v1()
        or v_task.cancel_requested_at is not null
        or exists (select from compute.purge_guard g where g.stopped_at is not null) then
        return case when v_server.task_state = 'deleting' then 'look' else 'spare' end;
    end if;
    update compute.servers v set task_state = 'deleting', updated_at = queue.clock_v1() where v.id = v_server.id;
    return 'destroy';
end
$$;
CREATE FUNCTION compute.bin_status_v1() RETURNS TABLE(retention interval, purges_per_hour integer, soft_deleted bigint, due bigint, held bigint, purging_stopped_at timestamp with time zone, purging_stopped_reason text)
    LANGUAGE sql
    AS $$
    select s.retention, s.purges_per_hour,
        count(v.id), count(v.id) filter (where v.purge_at <= queue.clock_v1()),
        count(v.id) filter (where v.held_at is not null), g.stopped_at, g.stopped_reason
    from compute.settings s
    cross join compute.purge_guard g
    left join compute.servers v on v.vm_state = 'soft-delete'
    group by s.retention, s.purges_per_hour, g.stopped_at, g.stopped_reason
$$;
CREATE FUNCTION compute.cancel_task_v1(p_task_id uuid, p_operator text) RETURNS TABLE(outcome text, status text, kind text, queue text)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_server compute.servers;
    v_task queue.tasks;
begin
    -- Through the action, which is there before its task and after it.
    select v.* into v_server
    from compute.servers v
    where v.id = (select a.server_id from compute.actions a where a.task_id = p_task_id)
    for update;
    select * into v_task from queue.tasks t where t.id = p_task_id for update;
    if not found then
        return query
        select case when t.finished_at is null then 'behind' else 'ended' end, t.status, t.kind, t.queue
        from compute.tasks_v1 t where t.id = p_task_id;
        if not found then
            return query select 'not_found', null::text, null::text, null::text;
        end if;
        return;
    end if;
    if v_task.kind = 'purge' and v_server.task_state = 'deleting'
        or v_task.kind = 'force_delete' and v_task.started_at is not null then
        return query select 'begun', v_task.status, v_task.kind, v_task.queue;
        return;
    end if;
    v_now := queue.clock_v1();
    insert into compute.events (request_id, event, start_time, finish_time, result, reason, cause, host)
    values (
        v_task.request_id, 'compute_cancel_task', v_now, v_now, 'Success', 'An operator asked to cancel the request.',
        format('by %s', p_operator), v_task.queue
    );
    -- Asked before, it is to be looked at before it may end.
    if v_task.status = 'running' or v_task.cancel_requested_at is not null then
        update queue.tasks t set cancel_requested_at = coalesce(t.cancel_requested_at, v_now) where t.id = p_task_id;
        return query select 'asked', v_task.status, v_task.kind, v_task.queue;
    else
        perform compute.settle_v1(array(select s from queue.cancel_waiting_v1(v_task.subject_id, false) s));
        return query select 'cancelled', 'cancelled', v_task.kind, v_task.queue;
    end if;
end
$$;
CREATE FUNCTION compute.count_task_v1(p_project_id text, p_is_capped boolean) RETURNS boolean
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
begin
    -- The condition is checked on the locked row, as its latest transaction left it.
    insert into compute.projects as p (id, live_tasks) values (p_project_id, 1)
    on conflict (id) do update set live_tasks = p.live_tasks + 1
    where not p_is_capped or p.live_tasks < (select s.waiting_limit from compute.settings s);
    return found;
end
$$;
CREATE FUNCTION compute.counts_v1(p_vm_state text, p_task_state text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((p_vm_state <> ALL (ARRAY['soft-delete'::text, 'deleted'::text])) OR COALESCE((p_task_state = 'restoring'::text), false));
CREATE FUNCTION compute.delete_server_v1(p_server_id uuid, p_project_id text, p_caller_project_id text, p_user_id text, p_request_id text, p_trace_context text) RETURNS compute.accepted
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    v_now timestamptz;
    v_server compute.servers;
    v_found record;
    v_task uuid;
    v_kind text;
    v_task_state text;
begin
    select * into v_found from compute.lock_server_v1(p_server_id, p_project_id, p_request_id);
    if (v_found.o_answer).outcome is not null then
        return v_found.o_answer;
    end if;
    v_server := v_found.o_server;
    if v_server.task_state = 'restoring' then
        return row('wrong_task_state', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if v_server.vm_state = 'soft-delete' or v_server.task_state is not null then
        return row('already', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if not compute.count_task_v1(v_server.project_id, true) then
        return row('over_limit', null, null, v_server.vm_state, null)::compute.accepted;
    end if;
    v_now := queue.clock_v1();
    v_task := queue.new_id_v1();
    v_kind := case when v_server.launched_at is null then 'force_delete' else 'soft_delete' end;
    v_task_state := case v_kind when 'soft_delete' then 'soft-deleting' else 'deleting' end;
    update compute.servers v
    set task_state = v_task_state,
        deleted_at = v_now, deleted_by = p_user_id, keep_for = (select s.retention from compute.settings s),
        updated_at = v_now
    where v.id = p_server_id;
    insert into compute.actions values (
        p_request_id, p_server_id, p_caller_project_id, p_user_id, 'delete', v_task, v_now, v_now, null,
        nullif(v_server.project_id, p_caller_project_id)
    );
    perform compute.enqueue_task_v1(v_task, v_server, v_kind, p_request_id, 1, p_trace_context);
    return row('accepted', v_task, v_server.host, v_server.vm_state, v_task_state)::compute.accepted;
end
$$;
CREATE FUNCTION compute.delete_servers_v1(p_server_ids uuid[], p_project_ids text[], p_caller_project_ids text[], p_user_ids text[], p_request_ids text[], p_trace_contexts text[]) RETURNS TABLE(place bigint, outcome text, task_id uuid, queue text, vm_state text, task_state text)
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_max_attempts integer;
    v_limit integer;
    v_retention interval;
    v_locked uuid[];
    v_owners text[];
    v_busy uuid[];
    v_places bigint[];
    v_tasks uuid[];
    v_hosts text[];
    v_states text[];
begin
    -- A row that is locked shows what it holds now, so its owner, which never changes, can be read here.
    select array_agg(l.id), array_agg(l.project_id) into v_locked, v_owners
    from (
        select v.id, v.project_id from compute.servers v where v.id = any(p_server_ids) order by v.id for update
    ) l;
    v_busy := array(
        select t.subject_id
        from (select distinct id from unnest(p_server_ids) as i (id) order by id) s
        cross join lateral (
            select t.subject_id from queue.tasks t where t.subject_id = s.id for update
        ) t
    );
    v_now := queue.clock_v1();
    -- The single function may need it, and whoever makes it may wait for a project.
    perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);
    perform compute.lock_projects_v1(v_owners);
    select s.max_attempts, s.waiting_limit, s.retention into v_max_attempts, v_limit, v_retention
    from compute.settings s;
    -- Each server is looked up once, by itself: joined in place, the planner would look each one up in the whole array
    -- again, or walk over all that are soft-deleted.
    with found as materialized (
        select v.* from compute.servers v where v.id = any(v_locked)
    ),
    plain as (
        select distinct on (a.server_id) a.*, v.project_id as owner_id, v.host, v.vm_state
        from unnest(p_server_ids, p_project_ids, p_caller_project_ids, p_user_ids, p_request_ids, p_trace_contexts)
            with ordinality
            as a (server_id, project_id, caller_project_id, user_id, request_id, trace_context, place)
        join found v on v.id = a.server_id
        where v.vm_state in ('active', 'stopped', 'error') and v.task_state is null and v.launched_at is not null
            and (a.project_id is null or v.project_id = a.project_id and v.locked_by is null)
            and not exists (select from compute.actions o where o.request_id = a.request_id)
            and a.server_id <> all(v_busy)
        order by a.server_id, a.place
    ),
    numbered as (
        select p.*, row_number() over (partition by p.owner_id order by p.place) as number
        from plain p
    ),
    chosen as materialized (
        select n.*, queue.new_id_v1() as task_id
        from numbered n
        where n.number <= v_limit - (select c.live_tasks from compute.projects c where c.id = n.owner_id)
    ),
    changed as (
        update compute.servers v
        set task_state = 'soft-deleting', deleted_at = v_now, keep_for = v_retention, updated_at = v_now,
            deleted_by = (select c.user_id from chosen c where c.server_id = v.id)
        where v.id = any(array(select c.server_id from chosen c))
    ),
    counted as (
        update compute.projects p
        set live_tasks = p.live_tasks + c.tasks
        from (select c.owner_id, count(*) as tasks from chosen c group by c.owner_id) c
        where p.id = c.owner_id and p.id = any(v_owners)
    ),
    recorded as (
        insert into compute.actions (
            request_id, server_id, project_id, user_id, action, task_id, start_time, updated_at, server_project_id
        )
        select c.request_id, c.server_id, c.caller_project_id, c.user_id, 'delete', c.task_id, v_now, v_now,
            nullif(c.owner_id, c.caller_project_id)
        from chosen c
    ),
    enqueued as (
        insert into queue.tasks (
            id, queue, kind, subject_id, request_id, priority, position, status, available_at, max_attempts,
            trace_context, created_at
        )
        select c.task_id, c.host, 'soft_delete', c.server_id, c.request_id, 1, nextval('queue.position_seq'), 'queued',
            v_now, v_max_attempts, c.trace_context, v_now
        from chosen c
        order by c.place
    )
    select coalesce(array_agg(c.place), '{}'), array_agg(c.task_id), array_agg(c.host), array_agg(c.vm_state)
    into v_places, v_tasks, v_hosts, v_states
    from chosen c;
    return query
    select d.place, 'accepted', d.task_id, d.host, d.vm_state, 'soft-deleting'
    from unnest(v_places, v_tasks, v_hosts, v_states) as d (place, task_id, host, vm_state);
    if cardinality(v_places) < cardinality(p_server_ids) then
        return query
        select a.place, r.*
        from unnest(p_server_ids, p_project_ids, p_caller_project_ids, p_user_ids, p_request_ids, p_trace_contexts)
            with ordinality
            as a (server_id, project_id, caller_project_id, user_id, request_id, trace_context, place)
        cross join lateral compute.delete_server_v1(
            a.server_id, a.project_id, a.caller_project_id, a.user_id, a.request_id, a.trace_context
        ) r
        where a.place <> all(v_places)
        order by a.place;
    end if;
end
$$;
CREATE TABLE compute.actions (
    request_id text NOT NULL,
    server_id uuid NOT NULL,
    project_id text NOT NULL,
    user_id text NOT NULL,
    action text NOT NULL,
    task_id uuid,
    start_time timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    message text,
    server_project_id text,
    CONSTRAINT actions_request_id_check CHECK (((char_length(request_id) = 40) AND (request_id ~ '^req-[0-9a-f-]*$'::text)))
);
CREATE TABLE compute.servers (
    id uuid NOT NULL,
    project_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    vm_state text NOT NULL,
    task_state text,
    power_state smallint NOT NULL,
    flavor jsonb DEFAULT '{}'::jsonb NOT NULL,
    image_id text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    availability_zone text DEFAULT 'nova'::text NOT NULL,
    description text,
    key_name text,
    locked_by text,
    locked_reason text,
    held_at timestamp with time zone,
    hold_reason text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    launched_at timestamp with time zone,
    terminated_at timestamp with time zone,
    deleted_at timestamp with time zone,
    deleted_by text,
    keep_for interval,
    purge_at timestamp with time zone,
    force_delete_request_id text,
    cores integer GENERATED ALWAYS AS (COALESCE(((flavor ->> 'vcpus'::text))::integer, 1)) STORED NOT NULL,
    ram integer GENERATED ALWAYS AS (COALESCE(((flavor ->> 'ram'::text))::integer, 512)) STORED NOT NULL,
    CONSTRAINT gone_is_at_rest CHECK (((vm_state <> 'deleted'::text) OR ((task_state IS NULL) AND (terminated_at IS NOT NULL)))),
    CONSTRAINT live_is_not_deleted CHECK (((vm_state = ANY (ARRAY['soft-delete'::text, 'deleted'::text])) OR (deleted_at IS NULL) OR ((task_state IS NOT NULL) AND (task_state = ANY (ARRAY['soft-deleting'::text, 'deleting'::text]))))),
    CONSTRAINT live_is_not_due CHECK (((vm_state = ANY (ARRAY['soft-delete'::text, 'deleted'::text])) OR (purge_at IS NULL))),
    CONSTRAINT restoring_is_soft_deleted CHECK (((task_state IS DISTINCT FROM 'restoring'::text) OR (vm_state = 'soft-delete'::text))),
    CONSTRAINT servers_host_check CHECK (((char_length(host) <= 253) AND (host ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'::text))),
    CONSTRAINT servers_locked_by_check CHECK ((locked_by = ANY (ARRAY['owner'::text, 'admin'::text]))),
    CONSTRAINT servers_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT servers_power_state_check CHECK ((power_state = ANY (ARRAY[0, 1, 3, 4, 6, 7]))),
    CONSTRAINT servers_project_id_check CHECK (((char_length(project_id) <= 255) AND (project_id ~ '^[0-9a-f-]+$'::text))),
    CONSTRAINT servers_task_state_check CHECK ((task_state = ANY (ARRAY['soft-deleting'::text, 'restoring'::text, 'deleting'::text]))),
    CONSTRAINT servers_user_id_check CHECK ((user_id <> ''::text)),
    CONSTRAINT servers_vm_state_check CHECK ((vm_state = ANY (ARRAY['active'::text, 'stopped'::text, 'error'::text, 'soft-delete'::text, 'deleted'::text]))),
    CONSTRAINT soft_deleted_has_its_dates CHECK (((vm_state <> 'soft-delete'::text) OR ((deleted_at IS NOT NULL) AND (purge_at IS NOT NULL)))),
    CONSTRAINT soft_deleting_is_live CHECK (((task_state IS DISTINCT FROM 'soft-deleting'::text) OR ((vm_state = ANY (ARRAY['active'::text, 'stopped'::text, 'error'::text])) AND (deleted_at IS NOT NULL) AND (keep_for IS NOT NULL))))
)
WITH (fillfactor='80');
CREATE TABLE compute.settings (
    only_row boolean DEFAULT true NOT NULL,
    retention interval DEFAULT '7 days'::interval NOT NULL,
    purges_per_hour integer DEFAULT 500 NOT NULL,
    max_attempts integer DEFAULT 5 NOT NULL,
    waiting_limit integer DEFAULT 1000 NOT NULL,
    quota_instances integer DEFAULT 10 NOT NULL,
    quota_cores integer DEFAULT 20 NOT NULL,
    quota_ram integer DEFAULT 51200 NOT NULL,
    CONSTRAINT settings_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 100))),
    CONSTRAINT settings_only_row_check CHECK (only_row),
    CONSTRAINT settings_purges_per_hour_check CHECK ((purges_per_hour >= 0)),
    CONSTRAINT settings_quota_cores_check CHECK ((quota_cores >= '-1'::integer)),
    CONSTRAINT settings_quota_instances_check CHECK ((quota_instances >= '-1'::integer)),
    CONSTRAINT settings_quota_ram_check CHECK ((quota_ram >= '-1'::integer)),
    CONSTRAINT settings_retention_check CHECK ((retention >= '00:00:01'::interval)),
    CONSTRAINT settings_waiting_limit_check CHECK (((waiting_limit >= 1) AND (waiting_limit <= 1000000)))
);
CREATE TABLE queue.dead (
    id uuid NOT NULL,
    queue text NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    request_id text NOT NULL,
    payload jsonb NOT NULL,
    priority smallint NOT NULL,
    status text NOT NULL,
    attempt integer NOT NULL,
    max_attempts integer NOT NULL,
    lost_leases integer NOT NULL,
    lease_token bigint,
    worker_id text,
    errors jsonb NOT NULL,
    result jsonb,
    trace_context text,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone NOT NULL,
    CONSTRAINT dead_status_check CHECK ((status = 'failed'::text))
);
CREATE TABLE queue.history (
    id uuid NOT NULL,
    queue text NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    request_id text NOT NULL,
    payload jsonb NOT NULL,
    priority smallint NOT NULL,
    status text NOT NULL,
    attempt integer NOT NULL,
    max_attempts integer NOT NULL,
    lost_leases integer NOT NULL,
    lease_token bigint,
    worker_id text,
    errors jsonb NOT NULL,
    result jsonb,
    trace_context text,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone NOT NULL,
    CONSTRAINT history_status_check CHECK ((status = ANY (ARRAY['succeeded'::text, 'cancelled'::text])))
)
PARTITION BY RANGE (finished_at);
CREATE TABLE queue.tasks (
    id uuid NOT NULL,
    queue text NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    request_id text NOT NULL,
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    priority smallint NOT NULL,
    "position" bigint NOT NULL,
    status text NOT NULL,
    available_at timestamp with time zone NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    max_attempts integer NOT NULL,
    lost_leases integer DEFAULT 0 NOT NULL,
    lease_token bigint,
    lease_timeline bigint,
    lease_expires_at timestamp with time zone,
    worker_id text,
    attempt_started_at timestamp with time zone,
    progress jsonb,
    errors jsonb DEFAULT '[]'::jsonb NOT NULL,
    cancel_requested_at timestamp with time zone,
    trace_context text,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    CONSTRAINT lease_goes_with_running CHECK ((((status = 'running'::text) = (lease_token IS NOT NULL)) AND ((lease_token IS NULL) = (lease_timeline IS NULL)) AND ((lease_token IS NULL) = (lease_expires_at IS NULL)) AND ((lease_token IS NULL) = (worker_id IS NULL)))),
    CONSTRAINT tasks_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT tasks_kind_check CHECK (((char_length(kind) <= 40) AND (kind ~ '^[a-z][a-z_]*$'::text))),
    CONSTRAINT tasks_lost_leases_check CHECK ((lost_leases >= 0)),
    CONSTRAINT tasks_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 100))),
    CONSTRAINT tasks_priority_check CHECK (((priority >= 0) AND (priority <= 2))),
    CONSTRAINT tasks_queue_check CHECK (((char_length(queue) <= 253) AND (queue ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'::text))),
    CONSTRAINT tasks_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'retrying'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='500', autovacuum_analyze_scale_factor='0.1', autovacuum_vacuum_cost_delay='1', vacuum_truncate=off);
CREATE VIEW compute.tasks_v1 AS
 SELECT t.id,
    t.queue,
    t.kind,
    t.subject_id,
    t.request_id,
    t.status,
    t.priority,
    t."position",
    t.attempt,
    t.max_attempts,
    t.available_at,
    t.progress,
    t.errors,
    t.created_at,
    t.started_at,
    NULL::timestamp with time zone AS finished_at
   FROM queue.tasks t
UNION ALL
 SELECT h.id,
    h.queue,
    h.kind,
    h.subject_id,
    h.request_id,
    h.status,
    h.priority,
    NULL::bigint AS "position",
    h.attempt,
    h.max_attempts,
    NULL::timestamp with time zone AS available_at,
    NULL::jsonb AS progress,
    h.errors,
    h.created_at,
    h.started_at,
    h.finished_at
   FROM queue.history h
UNION ALL
 SELECT d.id,
    d.queue,
    d.kind,
    d.subject_id,
    d.request_id,
    d.status,
    d.priority,
    NULL::bigint AS "position",
    d.attempt,
    d.max_attempts,
    NULL::timestamp with time zone AS available_at,
    NULL::jsonb AS progress,
    d.errors,
    d.created_at,
    d.started_at,
    d.finished_at
   FROM queue.dead d
UNION ALL
 SELECT a.task_id AS id,
    v.host AS queue,
    'force_delete'::text AS kind,
    v.id AS subject_id,
    a.request_id,
    'queued'::text AS status,
    0 AS priority,
    NULL::bigint AS "position",
    0 AS attempt,
    ( SELECT s.max_attempts
           FROM compute.settings s) AS max_attempts,
    NULL::timestamp with time zone AS available_at,
    NULL::jsonb AS progress,
    '[]'::jsonb AS errors,
    a.start_time AS created_at,
    NULL::timestamp with time zone AS started_at,
    NULL::timestamp with time zone AS finished_at
   FROM (compute.servers v
     JOIN compute.actions a ON ((v.id = a.server_id)))
  WHERE (a.request_id = v.force_delete_request_id);
CREATE FUNCTION compute.describe_task_v1(p_task compute.tasks_v1, p_project_id text) RETURNS TABLE(id uuid, kind text, server_id uuid, project_id text, status text, attempt integer, max_attempts integer, host text, place integer, progress jsonb, waiting_for text, next_attempt_at timestamp with time zone, error jsonb, request_id text, created_at timestamp with time zone, started_at timestamp with time zone, finished_at timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
    select p_task.id, p_task.kind, p_task.subject_id, p_project_id, p_task.status, p_task.attempt, p_task.max_attempts,
        p_task.queue,
        -- The place in its host's line, counted no further than 1000.
        case when p_task.status = 'queued' and p_task.position is not null then (
            select count(*)::integer from (
                select from queue.tasks t
                where t.status = 'queued' and t.queue = p_task.queue
                    and (t.priority, t.position) <= (p_task.priority, p_task.position)
                -- In the index's order, or a long line would be read to its end.
                order by t.priority, t.position
                limit 1000
            ) ahead
        ) end,
        p_task.progress,
        case
            when p_task.status = 'queued' and p_task.position is null then 'the running task of this server'
            when p_task.status in ('queued', 'retrying') then coalesce(
                (
                    select format('host %s, paused', q.name) || coalesce(': ' || q.pause_reason, '')
                    from queue.queues q where q.name = p_task.queue and q.paused_at is not null
                ),
                case
                    when p_task.status = 'retrying' and p_task.errors -> -1 ->> 'code' = 'host_unreachable'
                        then format('host %s, whose hypervisor does not answer', p_task.queue)
                end,
                (
                    select case
                        when max(w.last_seen_at) is null
                            then format('host %s, which no worker has served yet', p_task.queue)
                        when max(w.last_seen_at) filter (where not w.stopping)
                            > queue.clock_v1() - interval '30 seconds'
                            then null
                        else format(
                            'host %s, last seen %s', p_task.queue,
                            to_char(max(w.last_seen_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                        )
                    end
                    from queue.workers w where w.queues @> array[p_task.queue]
                )
            )
        end,
        case when p_task.status = 'retrying' then p_task.available_at end,
        -- An attempt that was lost on the way to success is an event, not how it ended.
        case when p_task.status <> 'succeeded' then p_task.errors -> -1 end, p_task.request_id, p_task.created_at,
        p_task.started_at, p_task.finished_at
$$;
CREATE FUNCTION compute.enqueue_due_purges_v1(p_limit integer, p_previous timestamp with time zone, p_elapsed_seconds double precision, p_witness timestamp with time zone) RETURNS text[]
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
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
CREATE FUNCTION compute.enqueue_task_v1(p_task_id uuid, p_server compute.servers, p_kind text, p_request_id text, p_priority integer, p_trace_context text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    perform queue.enqueue_v1(
        p_task_id, p_server.host, p_kind, p_server.id, p_request_id, '{}', p_priority,
        (select s.max_attempts from compute.settings s), p_trace_context
    );
end
$$;
CREATE FUNCTION compute.event_name_v1(p_kind text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    select case p_kind
        when 'soft_delete' then 'compute_soft_delete_instance'
        when 'restore' then 'compute_restore_instance'
        when 'purge' then 'compute_purge_instance'
        when 'force_delete' then 'compute_terminate_instance'
    end
$$;
CREATE FUNCTION compute.finish_and_claim_v2(p_ids uuid[], p_tokens bigint[], p_outcomes text[], p_delays double precision[], p_results jsonb[], p_errors jsonb[], p_worker_id text, p_kinds text[], p_queues text[], p_limits integer[], p_low bigint[], p_turn integer, p_lease_seconds double precision) RETURNS TABLE(id uuid, queue text, kind text, subject_id uuid, request_id text, payload jsonb, priority smallint, "position" bigint, attempt integer, max_attempts integer, lease_token bigint, lease_timeline bigint, trace_context text, cancel_requested boolean, next_due_seconds double precision, limited boolean, verdict text, status text)
    LANGUAGE plpgsql
    SET lock_timeout TO '2s'
    AS $$
#variable_conflict use_column
begin
    return query
    select f.id, null::text, null::text, null::uuid, null::text, null::jsonb, null::smallint, null::bigint,
        null::integer, null::integer, f.token, null::bigint, null::text, null::boolean, null::double precision,
        null::boolean,
        f.verdict, f.status
    from compute.finish_tasks_v1(p_ids, p_tokens, p_outcomes, p_delays, p_results, p_errors) f
    where f.verdict <> 'finished' or f.status <> 'succeeded';
    return query
    select c.*, null::text, null::text
    from queue.claim_tasks_v3(p_worker_id, p_kinds, p_queues, p_limits, p_low, p_turn, p_lease_seconds) c;
end
$$;
CREATE FUNCTION compute.finish_tasks_v1(p_ids uuid[], p_tokens bigint[], p_outcomes text[], p_delays double precision[], p_results jsonb[], p_errors jsonb[]) RETURNS SETOF queue.settled
    LANGUAGE plpgsql
    SET lock_timeout TO '2s'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    v_subjects uuid[] := array(select t.subject_id from queue.tasks t where t.id = any(p_ids));
    v_settled queue.settled[];
begin
    perform from compute.servers v where v.id = any(v_subjects) order by v.id for update;
    v_settled := array(
        select s from queue.finish_tasks_v1(p_ids, p_tokens, p_outcomes, p_delays, p_results, p_errors) s
    );
    perform compute.settle_v1(v_settled);
    return query select * from unnest(v_settled);
end
$$;
CREATE FUNCTION compute.fits_v1(p_use bigint, p_limit integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((p_limit < 0) OR (p_use <= p_limit));
CREATE FUNCTION compute.force_delete_server_v1(p_server_id uuid, p_project_id text, p_caller_project_id text, p_user_id text, p_request_id text, p_trace_context text) RETURNS compute.accepted
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_now timestamptz;
    v_server compute.servers;
    v_found record;
    v_task uuid;
begin
    select * into v_found from compute.lock_server_v1(p_server_id, p_project_id, p_request_id);
    if (v_found.o_answer).outcome is not null then
        return v_found.o_answer;
    end if;
    v_server := v_found.o_server;
    -- One destroy is enough: a second request gets the task of the first.
    select a.task_id into v_task from compute.actions a
    where a.request_id = coalesce(
        v_server.force_delete_request_id,
        (select t.request_id from queue.tasks t where t.subject_id = p_server_id and t.kind = 'force_delete')
    );
    if found then
        return row('already', v_task, v_server.host, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    v_now := queue.clock_v1();
    v_task := queue.new_id_v1();
    insert into compute.actions values (
        p_request_id, p_server_id, p_caller_project_id, p_user_id, 'delete', v_task, v_now, v_now, null,
        nullif(v_server.project_id, p_caller_project_id)
    );
    perform compute.settle_v1(array(select s from queue.cancel_waiting_v1(p_server_id, false) s));
    update queue.tasks t set cancel_requested_at = v_now where t.subject_id = p_server_id;
    if found then
        update compute.servers v
        set force_delete_request_id = p_request_id, updated_at = v_now
        where v.id = p_server_id;
        return row('accepted', v_task, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    update compute.servers v
    set task_state = 'deleting', deleted_at = coalesce(v.deleted_at, v_now),
        deleted_by = coalesce(v.deleted_by, p_user_id), updated_at = v_now
    where v.id = p_server_id;
    perform compute.count_task_v1(v_server.project_id, false);
    perform compute.enqueue_task_v1(v_task, v_server, 'force_delete', p_request_id, 0, p_trace_context);
    return row('accepted', v_task, v_server.host, v_server.vm_state, 'deleting')::compute.accepted;
end
$$;
CREATE FUNCTION compute.force_down_v1(p_host text, p_is_down boolean) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
    update compute.services s set forced_down = p_is_down where s.host = p_host;
    return found;
end
$$;
CREATE FUNCTION compute.hold_server_v1(p_server_id uuid, p_is_held boolean) RETURNS boolean
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
begin
    update compute.servers v
    set held_at = case when p_is_held then coalesce(v.held_at, queue.clock_v1()) end
    where v.id = p_server_id and v.vm_state <> 'deleted';
    return found;
end
$$;
CREATE FUNCTION compute.is_superseded_v1(p_request_id text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    select exists (
        select
        from compute.actions a
        join compute.actions later on later.server_id = a.server_id
        where a.request_id = p_request_id and later.start_time > a.start_time and later.task_id is not null
            and later.user_id <> 'reprieve'
    )
$$;
CREATE FUNCTION compute.knows_host_v1(p_host text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    select exists (select from queue.queues q where q.name = p_host)
        or exists (select from queue.workers w where w.queues @> array[p_host])
        or exists (select from compute.servers v where v.host = p_host)
$$;
CREATE FUNCTION compute.list_actions_v2(p_server_id uuid, p_since timestamp with time zone, p_before timestamp with time zone, p_marker text, p_limit integer) RETURNS SETOF compute.actions
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
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
CREATE FUNCTION compute.list_dead_v1(p_kind text, p_host text, p_project_id text, p_since_seconds double precision, p_limit integer) RETURNS TABLE(id uuid, kind text, server_id uuid, project_id text, host text, attempt integer, lost_leases integer, error jsonb, failed_at timestamp with time zone)
    LANGUAGE sql
    SET jit TO 'off'
    AS $$
    select d.id, d.kind, d.subject_id, v.project_id, d.queue, d.attempt, d.lost_leases, d.errors -> -1, d.finished_at
    from queue.dead d
    join compute.servers v on v.id = d.subject_id
    where (p_kind is null or d.kind = p_kind)
        and (p_host is null or d.queue = p_host)
        and (p_project_id is null or v.project_id = p_project_id)
        and (p_since_seconds is null or d.finished_at >= queue.clock_v1() - make_interval(secs => p_since_seconds))
        and not exists (select from queue.retries r where r.task_id = d.id)
        and not compute.is_superseded_v1(d.request_id)
    order by d.finished_at, d.id
    limit p_limit
$$;
CREATE TABLE compute.events (
    id bigint NOT NULL,
    request_id text NOT NULL,
    event text NOT NULL,
    attempt integer,
    start_time timestamp with time zone NOT NULL,
    finish_time timestamp with time zone NOT NULL,
    result text NOT NULL,
    reason text,
    cause text,
    host text,
    worker_id text,
    CONSTRAINT events_result_check CHECK ((result = ANY (ARRAY['Success'::text, 'Error'::text])))
);
CREATE FUNCTION compute.list_events_v1(p_request_id text) RETURNS SETOF compute.events
    LANGUAGE sql STABLE
    AS $$
    select e.* from compute.events e where e.request_id = p_request_id order by e.id desc limit 200
$$;
CREATE FUNCTION compute.list_faults_v1(p_server_ids uuid[]) RETURNS TABLE(server_id uuid, failed_at timestamp with time zone, reason text, cause text)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
begin
    return query
    select s.id, f.finish_time, f.reason, f.cause
    from unnest(p_server_ids) as s (id)
    cross join lateral (
        select e.finish_time, e.reason, e.cause
        from compute.actions a join compute.events e on e.request_id = a.request_id
        where a.server_id = s.id and e.result = 'Error'
        order by a.start_time desc, e.id desc
        limit 1
    ) f;
end
$$;
CREATE FUNCTION compute.list_servers_v2(p_project_id text, p_vm_states text[], p_columns text[], p_operators text[], p_values text[], p_sort_columns text[], p_descending boolean[], p_marker uuid, p_limit integer) RETURNS SETOF compute.servers
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    SET jit TO 'off'
    AS $_$
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
$_$;
CREATE FUNCTION compute.list_services_v2(p_hosts text[]) RETURNS TABLE(number integer, id uuid, host text, alive boolean, last_seen_at timestamp with time zone, disabled_at timestamp with time zone, disabled_reason text, forced_down boolean)
    LANGUAGE plpgsql
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
begin
    -- Only what is new: a list must not wait for another's.
    insert into compute.services (host)
    select n.host
    from (
        select v.host from compute.servers v where p_hosts is null and v.vm_state <> 'deleted'
        union select h.host
        from unnest(p_hosts) as h (host)
        where not exists (select from compute.services s where s.host = h.host)
            and exists (select from compute.servers v where v.host = h.host and v.vm_state <> 'deleted')
        union select q.name from queue.workers w cross join unnest(w.queues) as q (name)
        union select q.name from queue.queues q
    ) n
    where (p_hosts is null or n.host = any(p_hosts)) and not exists (select from compute.services s where s.host = n.host)
    order by n.host
    on conflict do nothing;
    return query
    select s.number, s.id, s.host, coalesce(w.alive, false), w.last_seen_at, q.paused_at, q.pause_reason, s.forced_down
    from compute.services s
    left join queue.queues q on q.name = s.host
    left join lateral (
        select bool_or(w.last_seen_at > v_now - interval '30 seconds' and not w.stopping) as alive,
            max(w.last_seen_at) as last_seen_at
        from queue.workers w
        where w.queues @> array[s.host]
    ) w on true
    where p_hosts is null or s.host = any(p_hosts)
    order by s.host;
end
$$;
CREATE FUNCTION compute.list_tasks_v3(p_project_id text, p_server_id uuid, p_status text, p_kind text, p_marker uuid, p_limit integer) RETURNS TABLE(id uuid, kind text, server_id uuid, project_id text, status text, attempt integer, max_attempts integer, host text, place integer, progress jsonb, waiting_for text, next_attempt_at timestamp with time zone, error jsonb, request_id text, created_at timestamp with time zone, started_at timestamp with time zone, finished_at timestamp with time zone, user_id text)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    v_of_server uuid[];
begin
    if p_marker is not null then
        perform from compute.actions a join compute.servers v on v.id = a.server_id
        where a.task_id = p_marker and (p_project_id is null or v.project_id = p_project_id);
        if not found then
            raise exception 'marker [%] not found', p_marker using errcode = 'RQ404';
        end if;
    end if;
    if p_server_id is not null then
        -- They are few. Below, or with one more condition, the planner might look for them among everybody's.
        v_of_server := array(select a.task_id from compute.actions a where a.server_id = p_server_id);
    end if;
    return query
    select d.*, v.user_id
    from compute.actions a
    join compute.servers v on v.id = a.server_id
    -- Where a status is asked for, only the tables that can have it are looked at.
    cross join lateral (
        select t from compute.tasks_v1 t
        where t.id = a.task_id and (p_status is null or t.status = p_status) and (p_kind is null or t.kind = p_kind)
        limit 1
    ) found (task)
    cross join lateral compute.describe_task_v1(found.task, v.project_id) d
    where a.task_id is not null
        -- As a range and in its order, the project is found in its own index alone. As one value it may be looked for in
        -- the order of everybody's tasks.
        and (p_project_id is null or coalesce(a.server_project_id, a.project_id) between p_project_id and p_project_id)
        and (p_server_id is null or a.task_id = any(v_of_server))
        and case
            when p_marker is null then true
            when p_project_id is null then a.task_id < p_marker
            else (coalesce(a.server_project_id, a.project_id), a.task_id) < (p_project_id, p_marker)
        end
    order by case when p_project_id is not null then coalesce(a.server_project_id, a.project_id) end desc, a.task_id desc
    limit p_limit;
end
$$;
CREATE FUNCTION compute.lock_projects_v1(p_ids text[]) RETURNS void
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
begin
    if exists (select unnest(p_ids) except select p.id from compute.projects p where p.id = any(p_ids)) then
        insert into compute.projects (id) select distinct i from unnest(p_ids) i order by 1 on conflict do nothing;
    end if;
    perform from compute.projects p where p.id = any(p_ids) order by p.id for update;
end
$$;
CREATE FUNCTION compute.lock_server_v1(p_server_id uuid, p_project_id text, p_request_id text, OUT o_server compute.servers, OUT o_answer compute.accepted) RETURNS record
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_task uuid;
begin
    select v.* into o_server from compute.servers v where v.id = p_server_id for update;
    if not found or o_server.project_id <> p_project_id then
        o_answer := row('not_found', null, null, null, null);
        return;
    end if;
    select a.task_id into v_task from compute.actions a
    where a.request_id = p_request_id and a.server_id = p_server_id;
    if found then
        o_answer := row('accepted', v_task, o_server.host, o_server.vm_state, o_server.task_state);
    elsif o_server.vm_state = 'deleted' then
        o_answer := row('not_found', null, null, null, null);
    elsif o_server.locked_by is not null and p_project_id is not null then
        o_answer := row('locked', null, null, o_server.vm_state, o_server.task_state);
    end if;
end
$$;
CREATE FUNCTION compute.may_be_purged_v1(p_server_id uuid, p_deleted_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
    select not exists (select from queue.tasks t where t.subject_id = p_server_id)
        -- A purge that failed for good waits for a person, who asks for it again.
        and not exists (
            select from queue.dead d
            where d.subject_id = p_server_id and d.kind = 'purge' and d.created_at > p_deleted_at
                and not exists (select from queue.retries r where r.task_id = d.id)
        )
        -- A restore that was asked for in time and failed late leaves a day to ask again.
        and not exists (
            select from queue.dead d
            where d.subject_id = p_server_id and d.kind = 'restore'
                and d.finished_at > queue.clock_v1() - interval '1 day'
        )
$$;
CREATE FUNCTION compute.preview_restore_v2(p_server_id uuid, p_project_id text) RETURNS TABLE(project_id text, user_id text, vm_state text, task_state text, host text, is_locked boolean, can_be_undone boolean, is_purging boolean, is_over_limit boolean, paused_at timestamp with time zone, pause_reason text, last_seen_at timestamp with time zone, is_alive boolean)
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
    select v.project_id, v.user_id, v.vm_state, v.task_state, v.host,
        p_project_id is not null and v.locked_by is not null,
        v.task_state = 'soft-deleting' and t.kind = 'soft_delete' and t.status <> 'running' and t.started_at is null,
        v.task_state is null and t.status = 'running',
        coalesce(p.live_tasks >= s.waiting_limit, false),
        q.paused_at, q.pause_reason, w.last_seen_at, coalesce(w.is_alive, false)
    from compute.servers v
    cross join compute.settings s
    left join compute.projects p on p.id = v.project_id
    left join queue.tasks t on t.subject_id = v.id
    left join queue.queues q on q.name = v.host
    left join lateral (
        select max(w.last_seen_at) as last_seen_at,
            bool_or(w.last_seen_at > clock_timestamp() - interval '30 seconds' and not w.stopping) as is_alive
        from queue.workers w
        where w.queues @> array[v.host]
    ) w on true
    where v.id = p_server_id and v.vm_state <> 'deleted' and (p_project_id is null or v.project_id = p_project_id)
$$;
CREATE FUNCTION compute.purging_allowed_v1(p_previous timestamp with time zone, p_elapsed_seconds double precision, p_witness timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
declare
    v_now timestamptz := queue.clock_v1();
    v_most constant interval := '5 minutes';
    v_drift interval := (v_now - p_previous) - make_interval(secs => p_elapsed_seconds);
    v_guard compute.purge_guard;
    v_reason text;
begin
    select * into v_guard from compute.purge_guard for update;
    if v_guard.stopped_at is not null then
        return false;
    end if;
    v_reason := case
        when abs(extract(epoch from v_drift)) > extract(epoch from v_most)
            then format('the database''s clock jumped by %s', date_trunc('second', v_drift))
        when v_guard.last_seen_at > v_now + v_most
            then format('the database''s clock went back from %s to %s', v_guard.last_seen_at, v_now)
        when abs(extract(epoch from v_now - p_witness)) > extract(epoch from v_most)
            then format('the database''s clock says %s, a worker''s %s', v_now, p_witness)
    end;
    if v_reason is not null then
        update compute.purge_guard set stopped_at = v_now, stopped_reason = v_reason;
        return false;
    end if;
    -- Once a minute is enough, and keeps an idle fleet from writing.
    if v_guard.last_seen_at is null or v_guard.last_seen_at < v_now - interval '1 minute' then
        update compute.purge_guard set last_seen_at = v_now;
    end if;
    return true;
end
$$;
CREATE FUNCTION compute.quota_shortage_v1(p_server_id uuid) RETURNS TABLE(resource text, requested integer, used integer, allowed integer)
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
    select r.*
    from compute.servers v
    cross join compute.settings s
    left join compute.projects p on p.id = v.project_id
    cross join lateral (
        values
            ('cores', v.cores, coalesce(p.cores, 0), coalesce(p.max_cores, s.quota_cores)),
            ('instances', 1, coalesce(p.instances, 0), coalesce(p.max_instances, s.quota_instances)),
            ('ram', v.ram, coalesce(p.ram, 0), coalesce(p.max_ram, s.quota_ram))
    ) as r (resource, requested, used, allowed)
    where v.id = p_server_id and not compute.fits_v1(r.used::bigint + r.requested, r.allowed)
    order by r.resource
$$;
CREATE FUNCTION compute.read_probe_v1(p_id uuid) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select p.answer from compute.probes p where p.id = p_id
$$;
CREATE FUNCTION compute.rename_server_v1(p_server_id uuid, p_project_id text, p_name text, p_description text) RETURNS SETOF compute.servers
    LANGUAGE sql
    AS $$
    update compute.servers v
    set name = coalesce(p_name, v.name),
        description = case when p_description is null then v.description else nullif(p_description, '') end,
        updated_at = queue.clock_v1()
    where v.id = p_server_id and v.vm_state <> 'deleted' and (p_project_id is null or v.project_id = p_project_id)
    returning v.*
$$;
CREATE FUNCTION compute.rescue_v1(p_servers uuid[], p_limit integer) RETURNS queue.settled[]
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_tasks uuid[];
    v_settled queue.settled[];
begin
    -- For a list without an entry the planner may take any index, and read all of it.
    if cardinality(p_servers) = 0 then
        return '{}';
    end if;
    v_tasks := array(
        select t.id
        from compute.servers v
        join queue.tasks t on t.subject_id = v.id
        where v.id = any(p_servers) and t.subject_id = any(p_servers)
        order by v.id
        for update of v skip locked
    );
    v_settled := array(select s from queue.rescue_v1(v_tasks, p_limit) s);
    perform compute.settle_v1(v_settled);
    return v_settled;
end
$$;
CREATE FUNCTION compute.reserve_v1(p_project_id text, p_cores integer, p_ram integer) RETURNS text
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_limit integer := (select s.waiting_limit from compute.settings s);
    v_room boolean;
begin
    loop
        -- The conditions are checked on the locked row, as its latest transaction left it.
        update compute.projects p
        set live_tasks = p.live_tasks + 1, instances = p.instances + 1, cores = p.cores + p_cores, ram = p.ram + p_ram
        from compute.settings s
        where p.id = p_project_id and p.live_tasks < s.waiting_limit
            and compute.fits_v1(p.instances + 1, coalesce(p.max_instances, s.quota_instances))
            and compute.fits_v1(p.cores + p_cores, coalesce(p.max_cores, s.quota_cores))
            and compute.fits_v1(p.ram + p_ram, coalesce(p.max_ram, s.quota_ram));
        if found then
            return null;
        end if;
        select p.live_tasks < v_limit into v_room from compute.projects p where p.id = p_project_id;
        exit when found;
        insert into compute.projects (id) values (p_project_id) on conflict do nothing;
    end loop;
    return case when v_room then 'over_quota' else 'over_limit' end;
end
$$;
CREATE FUNCTION compute.reset_quota_v1(p_project_id text) RETURNS void
    LANGUAGE sql
    AS $$
    update compute.projects p
    set max_instances = null, max_cores = null, max_ram = null
    where p.id = p_project_id
$$;
CREATE FUNCTION compute.restore_server_v1(p_server_id uuid, p_project_id text, p_caller_project_id text, p_user_id text, p_request_id text, p_trace_context text) RETURNS compute.accepted
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    v_now timestamptz;
    v_server compute.servers;
    v_found record;
    v_task uuid;
    v_live queue.tasks;
    v_refusal text;
begin
    select * into v_found from compute.lock_server_v1(p_server_id, p_project_id, p_request_id);
    if (v_found.o_answer).outcome is not null then
        return v_found.o_answer;
    end if;
    v_server := v_found.o_server;
    v_now := queue.clock_v1();
    v_task := queue.new_id_v1();
    if v_server.task_state = 'soft-deleting' then
        if compute.undo_soft_delete_v1(v_server) then
            insert into compute.actions values (
                p_request_id, p_server_id, p_caller_project_id, p_user_id, 'restore', v_task, v_now, v_now, null,
                nullif(v_server.project_id, p_caller_project_id)
            );
            insert into compute.events (request_id, event, attempt, start_time, finish_time, result, host)
            values (p_request_id, 'compute_restore_instance', 0, v_now, v_now, 'Success', v_server.host);
            perform queue.record_done_v1(
                v_task, v_server.host, 'restore', p_server_id, p_request_id, '{"undone": "soft_delete"}',
                p_trace_context
            );
            return row('accepted', v_task, null, v_server.vm_state, null)::compute.accepted;
        end if;
        return row('wrong_task_state', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if v_server.vm_state <> 'soft-delete' then
        return row('wrong_vm_state', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if v_server.task_state is not null then
        return row('wrong_task_state', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    -- At rest, so the only task it can have is a purge that the sweep has just made.
    select * into v_live from queue.tasks t where t.subject_id = p_server_id for update;
    if v_live.status = 'running' then
        return row('wrong_task_state', null, null, v_server.vm_state, 'deleting')::compute.accepted;
    end if;
    if v_live.id is not null then
        -- The cancel will need it, and whoever makes it may wait for a project.
        perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);
    end if;
    v_refusal := compute.reserve_v1(v_server.project_id, v_server.cores, v_server.ram);
    if v_refusal is not null then
        return row(v_refusal, null, null, v_server.vm_state, null)::compute.accepted;
    end if;
    if v_live.id is not null then
        perform compute.settle_v1(array(select s from queue.cancel_waiting_v1(p_server_id, false) s));
    end if;
    update compute.servers v set task_state = 'restoring', updated_at = v_now where v.id = p_server_id;
    insert into compute.actions values (
        p_request_id, p_server_id, p_caller_project_id, p_user_id, 'restore', v_task, v_now, v_now, null,
        nullif(v_server.project_id, p_caller_project_id)
    );
    perform compute.enqueue_task_v1(v_task, v_server, 'restore', p_request_id, 0, p_trace_context);
    return row('accepted', v_task, v_server.host, v_server.vm_state, 'restoring')::compute.accepted;
end
$$;
CREATE FUNCTION compute.restore_servers_v1(p_server_ids uuid[], p_project_ids text[], p_caller_project_ids text[], p_user_ids text[], p_request_ids text[], p_trace_contexts text[]) RETURNS TABLE(place bigint, outcome text, task_id uuid, queue text, vm_state text, task_state text)
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_settings compute.settings;
    v_locked uuid[];
    v_owners text[];
    v_busy uuid[];
    v_places bigint[];
    v_tasks uuid[];
    v_hosts text[];
begin
    -- A row that is locked shows what it holds now, so its owner, which never changes, can be read here.
    select array_agg(l.id), array_agg(l.project_id) into v_locked, v_owners
    from (
        select v.id, v.project_id from compute.servers v where v.id = any(p_server_ids) order by v.id for update
    ) l;
    v_busy := array(
        select t.subject_id
        from (select distinct id from unnest(p_server_ids) as i (id) order by id) s
        cross join lateral (
            select t.subject_id from queue.tasks t where t.subject_id = s.id for update
        ) t
    );
    v_now := queue.clock_v1();
    -- The single function may need it, and whoever makes it may wait for a project.
    perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);
    perform compute.lock_projects_v1(v_owners);
    select s.* into v_settings from compute.settings s;
    -- Each server is looked up once, by itself: joined in place, the planner would look each one up in the whole array
    -- again, or walk over all that are soft-deleted.
    with found as materialized (
        select v.* from compute.servers v where v.id = any(v_locked)
    ),
    plain as (
        select distinct on (a.server_id) a.*, v.project_id as owner_id, v.host, v.cores, v.ram
        from unnest(p_server_ids, p_project_ids, p_caller_project_ids, p_user_ids, p_request_ids, p_trace_contexts)
            with ordinality
            as a (server_id, project_id, caller_project_id, user_id, request_id, trace_context, place)
        join found v on v.id = a.server_id
        where v.vm_state = 'soft-delete' and v.task_state is null
            and (a.project_id is null or v.project_id = a.project_id and v.locked_by is null)
            and not exists (select from compute.actions o where o.request_id = a.request_id)
            and a.server_id <> all(v_busy)
        order by a.server_id, a.place
    ),
    numbered as (
        select p.*, row_number() over w as number, sum(p.cores) over w as all_cores, sum(p.ram) over w as all_ram
        from plain p
        window w as (partition by p.owner_id order by p.place)
    ),
    chosen as materialized (
        select n.*, queue.new_id_v1() as task_id
        from numbered n
        cross join lateral (select c.* from compute.projects c where c.id = n.owner_id offset 0) c
        where n.number <= v_settings.waiting_limit - c.live_tasks
            and compute.fits_v1(c.instances + n.number, coalesce(c.max_instances, v_settings.quota_instances))
            and compute.fits_v1(c.cores + n.all_cores, coalesce(c.max_cores, v_settings.quota_cores))
            and compute.fits_v1(c.ram + n.all_ram, coalesce(c.max_ram, v_settings.quota_ram))
    ),
    changed as (
        update compute.servers v
        set task_state = 'restoring', updated_at = v_now
        where v.id = any(array(select c.server_id from chosen c))
    ),
    counted as (
        update compute.projects p
        set live_tasks = p.live_tasks + c.tasks, instances = p.instances + c.tasks, cores = p.cores + c.cores,
            ram = p.ram + c.ram
        from (
            select c.owner_id, count(*) as tasks, sum(c.cores) as cores, sum(c.ram) as ram from chosen c group by c.owner_id
        ) c
        where p.id = c.owner_id and p.id = any(v_owners)
    ),
    recorded as (
        insert into compute.actions (
            request_id, server_id, project_id, user_id, action, task_id, start_time, updated_at, server_project_id
        )
        select c.request_id, c.server_id, c.caller_project_id, c.user_id, 'restore', c.task_id, v_now, v_now,
            nullif(c.owner_id, c.caller_project_id)
        from chosen c
    ),
    enqueued as (
        insert into queue.tasks (
            id, queue, kind, subject_id, request_id, priority, position, status, available_at, max_attempts,
            trace_context, created_at
        )
        select c.task_id, c.host, 'restore', c.server_id, c.request_id, 0, nextval('queue.position_seq'), 'queued',
            v_now, v_settings.max_attempts, c.trace_context, v_now
        from chosen c
        order by c.place
    )
    select coalesce(array_agg(c.place), '{}'), array_agg(c.task_id), array_agg(c.host)
    into v_places, v_tasks, v_hosts
    from chosen c;
    return query
    select d.place, 'accepted', d.task_id, d.host, 'soft-delete', 'restoring'
    from unnest(v_places, v_tasks, v_hosts) as d (place, task_id, host);
    if cardinality(v_places) < cardinality(p_server_ids) then
        return query
        select a.place, r.*
        from unnest(p_server_ids, p_project_ids, p_caller_project_ids, p_user_ids, p_request_ids, p_trace_contexts)
            with ordinality
            as a (server_id, project_id, caller_project_id, user_id, request_id, trace_context, place)
        cross join lateral compute.restore_server_v1(
            a.server_id, a.project_id, a.caller_project_id, a.user_id, a.request_id, a.trace_context
        ) r
        where a.place <> all(v_places)
        order by a.place;
    end if;
end
$$;
CREATE FUNCTION compute.resume_purging_v1() RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
    v_reason text;
begin
    select g.stopped_reason into v_reason from compute.purge_guard g for update;
    update compute.purge_guard set stopped_at = null, stopped_reason = null, last_seen_at = null;
    return v_reason;
end
$$;
CREATE FUNCTION compute.retry_task_v1(p_task_id uuid, p_operator text, p_request_id text) RETURNS compute.accepted
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_dead queue.dead;
    v_server compute.servers;
    v_before queue.retries;
    v_answer compute.accepted;
begin
    select * into v_dead from queue.dead d where d.id = p_task_id;
    if not found then
        perform from compute.tasks_v1 t where t.id = p_task_id;
        v_answer.outcome := case when found then 'not_failed' else 'not_found' end;
        return v_answer;
    end if;
    -- Of two retries the second waits here, and then finds the first.
    select * into v_server from compute.servers v where v.id = v_dead.subject_id for update;
    select * into v_before from queue.retries r where r.task_id = p_task_id;
    if found then
        return row('retried', v_before.retried_as, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if compute.is_superseded_v1(v_dead.request_id) then
        return row('superseded', null, null, v_server.vm_state, v_server.task_state)::compute.accepted;
    end if;
    if v_dead.kind = 'restore' then
        v_answer := compute.restore_server_v1(v_server.id, null, v_server.project_id, p_operator, p_request_id, null);
    elsif v_dead.kind = 'soft_delete' then
        v_answer := compute.delete_server_v1(v_server.id, null, v_server.project_id, p_operator, p_request_id, null);
    elsif v_dead.kind = 'force_delete' then
        v_answer :=
            compute.force_delete_server_v1(v_server.id, null, v_server.project_id, p_operator, p_request_id, null);
    else
        v_answer := row(
            case
                when v_server.vm_state = 'deleted' then 'not_found'
                when v_server.vm_state <> 'soft-delete' then 'wrong_vm_state'
                when v_server.task_state is not null then 'wrong_task_state'
                else 'left_to_sweep'
            end,
            null, null, v_server.vm_state, v_server.task_state
        )::compute.accepted;
    end if;
    if v_answer.outcome in ('accepted', 'left_to_sweep') then
        insert into queue.retries values (p_task_id, v_answer.task_id, queue.clock_v1(), p_operator);
    end if;
    return v_answer;
end
$$;
CREATE FUNCTION compute.server_column_v1(p_name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $_$
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
$_$;
CREATE FUNCTION compute.set_lock_v1(p_server_id uuid, p_project_id text, p_caller_project_id text, p_user_id text, p_request_id text, p_is_locked boolean, p_reason text, p_may_override boolean) RETURNS text
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_now timestamptz;
    v_server compute.servers;
    v_kind text;
begin
    select v.* into v_server from compute.servers v where v.id = p_server_id for update;
    if not found or v_server.project_id <> p_project_id or v_server.vm_state = 'deleted' then
        return 'not_found';
    end if;
    -- What comes after the lock, for the reason that compute.lock_server_v1 gives.
    perform from compute.actions a where a.request_id = p_request_id;
    if found then
        return 'done';
    end if;
    v_kind := case when v_server.project_id = p_caller_project_id then 'owner' else 'admin' end;
    if p_is_locked and v_server.locked_by is not null and v_kind = 'owner' then
        return 'done';
    end if;
    if not p_is_locked and v_server.locked_by <> v_kind and not p_may_override then
        return 'not_yours';
    end if;
    v_now := queue.clock_v1();
    update compute.servers v
    set locked_by = case when p_is_locked then v_kind end,
        locked_reason = case when p_is_locked then coalesce(p_reason, v.locked_reason) end,
        updated_at = v_now
    where v.id = p_server_id;
    insert into compute.actions values (
        p_request_id, p_server_id, p_caller_project_id, p_user_id, case when p_is_locked then 'lock' else 'unlock' end,
        null, v_now, v_now, null
    );
    insert into compute.events (request_id, event, start_time, finish_time, result, host)
    values (
        p_request_id, case when p_is_locked then 'api_lock' else 'api_unlock' end, v_now, v_now, 'Success', v_server.host
    );
    return 'done';
end
$$;
CREATE FUNCTION compute.set_quota_v1(p_project_id text, p_instances integer, p_cores integer, p_ram integer, p_force boolean) RETURNS TABLE(resource text, used integer, allowed integer)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
begin
    if p_project_id is null then
        update compute.settings s
        set quota_instances = coalesce(p_instances, s.quota_instances),
            quota_cores = coalesce(p_cores, s.quota_cores),
            quota_ram = coalesce(p_ram, s.quota_ram);
        return;
    end if;
    perform compute.lock_projects_v1(array[p_project_id]);
    return query
    select r.*
    from compute.projects p
    cross join lateral (
        values ('instances', p.instances, p_instances), ('cores', p.cores, p_cores), ('ram', p.ram, p_ram)
    ) as r (resource, used, allowed)
    where p.id = p_project_id and not p_force and not compute.fits_v1(r.used, r.allowed);
    if not found then
        update compute.projects p
        set max_instances = coalesce(p_instances, p.max_instances),
            max_cores = coalesce(p_cores, p.max_cores),
            max_ram = coalesce(p_ram, p.max_ram)
        where p.id = p_project_id;
    end if;
end
$$;
CREATE FUNCTION compute.set_retention_v1(p_retention interval) RETURNS void
    LANGUAGE sql
    AS $$
    update compute.settings set retention = p_retention
$$;
CREATE FUNCTION compute.settle_v1(p_settled queue.settled[]) RETURNS void
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    v_now timestamptz := queue.clock_v1();
    v_ended queue.settled[] := array(
        select s from unnest(p_settled) s
        where s.verdict in ('finished', 'rescued') and s.status in ('succeeded', 'failed', 'cancelled')
    );
    v_waiting uuid[];
    v_projects text[];
    v_counted boolean[];
    v_instances integer[];
    v_cores integer[];
    v_ram integer[];
begin
    with found as (
        select s.*, l.place, l.counted
        from unnest(v_ended) s
        cross join lateral (
            select v.ctid as place, compute.counts_v1(v.vm_state, v.task_state)::integer as counted
            from compute.servers v
            where v.id = s.subject_id and v.vm_state <> 'deleted'
            offset 0
        ) l
    ),
    changed as (
        update compute.servers v
        set vm_state = case
                when s.status <> 'succeeded' then v.vm_state
                when s.kind = 'soft_delete' then 'soft-delete'
                when s.kind = 'restore' then 'active'
                else 'deleted'
            end,
            task_state = null,
            power_state = case
                when s.status <> 'succeeded' then v.power_state
                when s.kind = 'soft_delete' then 4
                when s.kind = 'restore' then 1
                else 0
            end,
            purge_at = case
                when s.status = 'succeeded' and s.kind = 'soft_delete'
                    then v_now + v.keep_for
                when s.status = 'succeeded' and s.kind = 'restore' then null
                else v.purge_at
            end,
            deleted_at = case
                when s.status = 'succeeded' and s.kind = 'restore' then null
                when s.status <> 'succeeded' and v.vm_state <> 'soft-delete' then null
                else coalesce(v.deleted_at, v_now)
            end,
            deleted_by = case
                when s.status = 'succeeded' and s.kind = 'restore' then null
                when s.status <> 'succeeded' and v.vm_state <> 'soft-delete' then null
                else v.deleted_by
            end,
            terminated_at = case
                when s.status = 'succeeded' and s.kind in ('purge', 'force_delete') then v_now
                else v.terminated_at
            end,
            updated_at = v_now
        from found s
        where v.ctid = s.place
        returning v.id, v.force_delete_request_id, v.project_id, s.kind, v.cores, v.ram,
            compute.counts_v1(v.vm_state, v.task_state)::integer - s.counted as instances
    )
    select
        array_agg(c.id) filter (where c.force_delete_request_id is not null),
        array_agg(c.project_id),
        -- A purge was nobody's request; but the force delete that may wait for it is about to count.
        array_agg(c.kind <> 'purge'),
        array_agg(c.instances), array_agg(c.instances * c.cores), array_agg(c.instances * c.ram)
    into v_waiting, v_projects, v_counted, v_instances, v_cores, v_ram
    from changed c
    where c.kind <> 'purge' or c.force_delete_request_id is not null;
    -- A purge that waits for its host has touched nothing, unless an attempt before this one may have.
    update compute.servers v
    set task_state = null
    where v.id = any(array(
        select s.subject_id
        from unnest(p_settled) s
        cross join lateral (select t.started_at from queue.tasks t where t.id = s.id offset 0) t
        where s.verdict = 'waiting' and s.kind = 'purge' and t.started_at is null
    ));
    if v_projects is not null then
        perform compute.lock_projects_v1(v_projects);
        update compute.projects p
        set live_tasks = greatest(0, p.live_tasks - c.tasks), instances = p.instances + c.instances,
            cores = p.cores + c.cores, ram = p.ram + c.ram
        from (
            select l.place, t.*
            from (
                select id, count(*) filter (where counted) as tasks, sum(instances) as instances, sum(cores) as cores,
                    sum(ram) as ram
                from unnest(v_projects, v_counted, v_instances, v_cores, v_ram) as c (id, counted, instances, cores, ram)
                group by id
            ) t
            cross join lateral (select f.ctid as place from compute.projects f where f.id = t.id offset 0) l
        ) c
        where p.ctid = c.place;
    end if;
    insert into compute.events (
        request_id, event, attempt, start_time, finish_time, result, reason, cause, host, worker_id
    )
    select s.request_id, compute.event_name_v1(s.kind), s.attempt, coalesce(s.attempt_started_at, v_now), v_now,
        case s.status when 'succeeded' then 'Success' else 'Error' end,
        coalesce(s.error ->> 'reason', case s.status when 'cancelled' then 'The request was cancelled.' end),
        coalesce(s.error ->> 'cause', s.error ->> 'code'), s.queue, s.worker_id
    from unnest(p_settled) s
    where (s.verdict in ('finished', 'rescued') or s.verdict = 'waiting' and s.error is not null)
        -- Handing a task back at shutdown is no attempt.
        and not (s.verdict = 'finished' and s.status = 'queued')
    order by s.request_id;
    update compute.actions a
    set updated_at = v_now,
        message = case s.status when 'failed' then 'Error' when 'cancelled' then 'Cancelled' else a.message end
    from (
        select s.status, l.place
        from unnest(v_ended) s
        cross join lateral (
            select f.ctid as place from compute.actions f where f.request_id = s.request_id offset 0
        ) l
    ) s
    where a.ctid = s.place;
    if v_waiting is not null then
        perform compute.start_waiting_force_deletes_v1(v_waiting);
    end if;
end
$$;
CREATE FUNCTION compute.show_action_v1(p_server_id uuid, p_request_id text) RETURNS SETOF compute.actions
    LANGUAGE sql STABLE
    AS $$
    select a.* from compute.actions a where a.request_id = p_request_id and a.server_id = p_server_id
$$;
CREATE FUNCTION compute.show_quota_v1(p_project_id text) RETURNS TABLE(max_instances integer, max_cores integer, max_ram integer, instances integer, cores integer, ram integer)
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
    select coalesce(p.max_instances, s.quota_instances), coalesce(p.max_cores, s.quota_cores),
        coalesce(p.max_ram, s.quota_ram), coalesce(p.instances, 0), coalesce(p.cores, 0), coalesce(p.ram, 0)
    from compute.settings s
    left join compute.projects p on p.id = p_project_id
$$;
CREATE FUNCTION compute.show_server_v1(p_server_id uuid, p_project_id text, p_even_destroyed boolean) RETURNS SETOF compute.servers
    LANGUAGE sql STABLE
    AS $$
    select v.* from compute.servers v
    where v.id = p_server_id and (p_even_destroyed or v.vm_state <> 'deleted')
        and (p_project_id is null or v.project_id = p_project_id)
$$;
CREATE FUNCTION compute.show_task_v2(p_task_id uuid, p_project_id text) RETURNS TABLE(id uuid, kind text, server_id uuid, project_id text, status text, attempt integer, max_attempts integer, host text, place integer, progress jsonb, waiting_for text, next_attempt_at timestamp with time zone, error jsonb, request_id text, created_at timestamp with time zone, started_at timestamp with time zone, finished_at timestamp with time zone, user_id text)
    LANGUAGE plpgsql STABLE
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
begin
    return query
    select d.*, v.user_id
    from compute.tasks_v1 t
    join compute.servers v on v.id = t.subject_id
    cross join lateral compute.describe_task_v1(t, v.project_id) d
    where t.id = p_task_id and (p_project_id is null or v.project_id = p_project_id)
    limit 1;
end
$$;
CREATE FUNCTION compute.show_tasks_v2(p_task_ids uuid[], p_project_ids text[]) RETURNS TABLE(number bigint, id uuid, kind text, server_id uuid, project_id text, status text, attempt integer, max_attempts integer, host text, place integer, progress jsonb, waiting_for text, next_attempt_at timestamp with time zone, error jsonb, request_id text, created_at timestamp with time zone, started_at timestamp with time zone, finished_at timestamp with time zone, user_id text)
    LANGUAGE plpgsql STABLE
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
begin
    return query
    select r.number, d.*, v.user_id
    from unnest(p_task_ids, p_project_ids) with ordinality as r (task_id, project_id, number)
    cross join lateral (select t from compute.tasks_v1 t where t.id = r.task_id limit 1) found (task)
    join compute.servers v on v.id = (found.task).subject_id
    cross join lateral compute.describe_task_v1(found.task, v.project_id) d
    where r.project_id is null or v.project_id = r.project_id;
end
$$;
CREATE FUNCTION compute.start_waiting_force_deletes_v1(p_servers uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_server compute.servers;
    v_action compute.actions;
begin
    for v_server in
        select v.* from compute.servers v
        where v.id = any(p_servers) and v.force_delete_request_id is not null
        order by v.id
    loop
        select * into v_action from compute.actions a where a.request_id = v_server.force_delete_request_id;
        if v_server.vm_state = 'deleted' then
            perform queue.record_done_v1(
                v_action.task_id, v_server.host, 'force_delete', v_server.id, v_action.request_id, null, null
            );
            update compute.servers v set force_delete_request_id = null where v.id = v_server.id;
        else
            -- A soft delete that was cancelled for it has taken its own date back.
            update compute.servers v
            set force_delete_request_id = null, task_state = 'deleting',
                deleted_at = coalesce(v.deleted_at, v_action.start_time),
                deleted_by = coalesce(v.deleted_by, v_action.user_id)
            where v.id = v_server.id;
            perform compute.count_task_v1(v_server.project_id, false);
            perform compute.enqueue_task_v1(
                v_action.task_id, v_server, 'force_delete', v_action.request_id, 0, null
            );
            perform queue.notify_v1(array[v_server.host]);
        end if;
    end loop;
end
$$;
CREATE FUNCTION compute.sweep_v1(p_may_rescue boolean, p_limit integer, p_previous timestamp with time zone, p_elapsed_seconds double precision, p_witness timestamp with time zone) RETURNS TABLE(swept_at timestamp with time zone, rescued integer, enqueued integer, note text)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET lock_timeout TO '1s'
    AS $$
declare
    v_now timestamptz := queue.clock_v1();
    v_queues text[];
    v_servers uuid[];
    v_server uuid;
    v_settled queue.settled[] := '{}';
    v_purged text[] := '{}';
begin
    if not pg_try_advisory_xact_lock(hashtext('queue.sweep')) then
        return query select null::timestamptz, 0, 0, null::text;
        return;
    end if;
    v_queues := queue.promote_due_v1(p_limit);
    if p_may_rescue then
        v_servers := array(
            select t.subject_id
            from queue.tasks t
            where t.status = 'running'
                and (t.lease_expires_at < v_now or t.lease_expires_at > v_now + interval '10 minutes')
            limit p_limit
        );
        begin
            v_settled := compute.rescue_v1(v_servers, p_limit);
        exception
            when others then
                -- Somebody may hold the row of one project, or of many.
                perform set_config('lock_timeout', '20ms', true);
                foreach v_server in array v_servers loop
                    begin
                        v_settled := v_settled || compute.rescue_v1(array[v_server], p_limit);
                    exception
                        when others then
                            raise warning 'the task of server % could not be rescued: %', v_server, sqlerrm;
                    end;
                end loop;
                perform set_config('lock_timeout', '1s', true);
        end;
    end if;
    begin
        v_purged := compute.enqueue_due_purges_v1(p_limit, p_previous, p_elapsed_seconds, p_witness);
    exception
        when others then
            raise warning 'purges that are due could not be enqueued: %', sqlerrm;
    end;
    perform queue.notify_v1(array(
        select unnest(v_queues)
        union select s.queue from unnest(v_settled) s where s.status = 'queued'
        union select unnest(v_purged)
    ));
    return query
    select v_now, cardinality(v_settled), cardinality(v_purged), (select g.stopped_reason from compute.purge_guard g);
end
$$;
CREATE FUNCTION compute.undo_soft_delete_v1(p_server compute.servers) RETURNS boolean
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_settled queue.settled[] := array(select s from queue.cancel_waiting_v1(p_server.id, true) s);
begin
    perform compute.settle_v1(v_settled);
    return cardinality(v_settled) > 0;
end
$$;
CREATE FUNCTION compute.use_key_v1(p_hash uuid, p_request_hash uuid, p_request_id text) RETURNS TABLE(request_id text, matches boolean, is_answered boolean, task_id uuid)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
    v_oldest timestamptz := v_now - interval '24 hours';
begin
    perform set_config('synchronous_commit', 'off', true);
    delete from compute.keys k
    where k.ctid = any(array(
        select o.ctid from compute.keys o
        where o.created_at < v_oldest and o.hash <> p_hash
        order by o.created_at
        limit 10
        for update skip locked
    ));
    return query
    insert into compute.keys as k (hash, request_hash, request_id, created_at)
    values (p_hash, p_request_hash, p_request_id, v_now)
    on conflict (hash) do update set
        request_hash = case when k.created_at < v_oldest then p_request_hash else k.request_hash end,
        request_id = case when k.created_at < v_oldest then p_request_id else k.request_id end,
        is_answered = k.is_answered and k.created_at >= v_oldest,
        task_id = case when k.created_at >= v_oldest then k.task_id end,
        created_at = case when k.created_at < v_oldest then v_now else k.created_at end
    returning k.request_id, k.request_hash = p_request_hash, k.is_answered, k.task_id;
end
$$;
CREATE FUNCTION compute.waiting_limit_v1(p_limit integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
begin
    if p_limit is not null then
        update compute.settings set waiting_limit = p_limit;
    end if;
    return (select s.waiting_limit from compute.settings s);
end
$$;
CREATE FUNCTION queue.cancel_waiting_v1(p_subject_id uuid, p_only_unclaimed boolean) RETURNS SETOF queue.settled
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_now timestamptz := queue.clock_v1();
    v_task queue.tasks;
begin
    select * into v_task from queue.tasks t where t.subject_id = p_subject_id for update;
    if not found or v_task.status = 'running' or (p_only_unclaimed and v_task.started_at is not null) then
        return;
    end if;
    perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);
    delete from queue.tasks t where t.id = v_task.id;
    insert into queue.history values (
        v_task.id, v_task.queue, v_task.kind, v_task.subject_id, v_task.request_id, v_task.payload, v_task.priority,
        'cancelled', v_task.attempt, v_task.max_attempts, v_task.lost_leases, null, null, v_task.errors, null,
        v_task.trace_context, v_task.created_at, v_task.started_at, v_now
    );
    return query select v_task.id, null::bigint, 'finished', 'cancelled', v_task.kind, v_task.queue, v_task.subject_id,
        v_task.request_id, v_task.attempt, null::text, v_task.created_at, null::jsonb;
end
$$;
CREATE FUNCTION queue.changed_tasks_v1(p_ids uuid[], p_marks text[]) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
    return query
    select seen.id
    from unnest(p_ids, p_marks) as seen (id, mark)
    left join lateral (
        select format('%s %s %s %s', t.status, t.attempt, t.progress ->> 'step', t.progress ->> 'percent') as mark
        from queue.tasks t
        where t.id = seen.id
        offset 0
    ) now on true
    where case when seen.mark is null then now.mark is null else now.mark is distinct from seen.mark end;
end
$$;
CREATE FUNCTION queue.claim_tasks_v3(p_worker_id text, p_kinds text[], p_queues text[], p_limits integer[], p_low bigint[], p_turn integer, p_lease_seconds double precision) RETURNS TABLE(id uuid, queue text, kind text, subject_id uuid, request_id text, payload jsonb, priority smallint, "position" bigint, attempt integer, max_attempts integer, lease_token bigint, lease_timeline bigint, trace_context text, cancel_requested boolean, next_due_seconds double precision, limited boolean)
    LANGUAGE plpgsql
    SET lock_timeout TO '2s'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_bitmapscan TO 'off'
    AS $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
    v_timeline bigint := ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint;
    v_places tid[] := '{}';
    v_due double precision;
    v_limited boolean := exists (
        select from queue.queues l where l.name = any(p_queues) and l.running_limit is not null
    );
    q integer;
begin
    -- By name, so that two claims that both wait for queues with a limit never wait for each other.
    for q in select n.place from unnest(p_queues) with ordinality as n (name, place) order by n.name loop
        v_places := v_places || queue.pick_tasks_v1(
            p_queues[q], p_kinds, p_limits[q], p_low[3 * q - 2 : 3 * q], p_turn + cardinality(v_places)
        );
    end loop;
    v_due := (
        select extract(epoch from min(first.available_at) - v_now)
        from unnest(p_queues) as q (name)
        cross join lateral (
            select t.available_at
            from queue.tasks t
            where t.status = 'retrying' and t.queue = q.name
            order by t.available_at
            limit 1
        ) first
    );
    if cardinality(v_places) = 0 then
        return query select
            null::uuid, null::text, null::text, null::uuid, null::text, null::jsonb, null::smallint, null::bigint,
            null::integer, null::integer, null::bigint, null::bigint, null::text, null::boolean, v_due, v_limited;
        return;
    end if;
    return query
    update queue.tasks t
    set status = 'running',
        attempt = t.attempt + 1,
        lease_token = ((v_timeline & 524287) << 44) | (nextval('queue.lease_token_seq') & 17592186044415),
        lease_timeline = v_timeline,
        lease_expires_at = v_now + make_interval(secs => p_lease_seconds),
        worker_id = p_worker_id,
        attempt_started_at = v_now,
        started_at = coalesce(t.started_at, v_now),
        progress = null
    where t.ctid = any(v_places)
    returning
        t.id, t.queue, t.kind, t.subject_id, t.request_id, t.payload, t.priority, t.position, t.attempt,
        t.max_attempts, t.lease_token, t.lease_timeline, t.trace_context,
        t.cancel_requested_at is not null, v_due, v_limited;
end
$$;
CREATE FUNCTION queue.clock_v1() RETURNS timestamp with time zone
    LANGUAGE sql PARALLEL SAFE
    AS $$
    select clock_timestamp() + coalesce(nullif(current_setting('reprieve.clock_offset', true), ''), '0')::interval
$$;
CREATE FUNCTION queue.echo_v1(p_channel text, p_payload text) RETURNS integer
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('synchronous_commit', 'off', true);
    if p_channel is not null then
        perform pg_notify(p_channel, p_payload);
    end if;
    return (
        select count(*) from queue.workers w
        where w.last_seen_at > queue.clock_v1() - interval '30 seconds' and not w.stopping
    );
end
$$;
CREATE FUNCTION queue.enqueue_tasks_v1(p_ids uuid[], p_queues text[], p_kinds text[], p_subject_ids uuid[], p_request_ids text[], p_payloads jsonb[], p_priorities integer[], p_max_attempts integer[], p_trace_contexts text[]) RETURNS TABLE(id uuid)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
begin
    return query
    insert into queue.tasks as t (
        id, queue, kind, subject_id, request_id, payload, priority, position, status, available_at, max_attempts,
        trace_context, created_at
    )
    select n.id, n.queue, n.kind, n.subject_id, n.request_id, coalesce(n.payload, '{}'), n.priority,
        nextval('queue.position_seq'), 'queued', v_now, n.max_attempts, n.trace_context, v_now
    from unnest(
        p_ids, p_queues, p_kinds, p_subject_ids, p_request_ids, p_payloads, p_priorities, p_max_attempts,
        p_trace_contexts
    ) as n (id, queue, kind, subject_id, request_id, payload, priority, max_attempts, trace_context)
    on conflict (subject_id) do nothing
    returning t.id;
end
$$;
CREATE FUNCTION queue.enqueue_v1(p_id uuid, p_queue text, p_kind text, p_subject_id uuid, p_request_id text, p_payload jsonb, p_priority integer, p_max_attempts integer, p_trace_context text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    v_now timestamptz := queue.clock_v1();
begin
    insert into queue.tasks (
        id, queue, kind, subject_id, request_id, payload, priority, position, status, available_at, max_attempts,
        trace_context, created_at
    ) values (
        p_id, p_queue, p_kind, p_subject_id, p_request_id, coalesce(p_payload, '{}'), p_priority,
        nextval('queue.position_seq'), 'queued', v_now, p_max_attempts, p_trace_context, v_now
    );
end
$$;
CREATE FUNCTION queue.finish_and_claim_v2(p_ids uuid[], p_tokens bigint[], p_outcomes text[], p_delays double precision[], p_results jsonb[], p_errors jsonb[], p_worker_id text, p_kinds text[], p_queues text[], p_limits integer[], p_low bigint[], p_turn integer, p_lease_seconds double precision) RETURNS TABLE(id uuid, queue text, kind text, subject_id uuid, request_id text, payload jsonb, priority smallint, "position" bigint, attempt integer, max_attempts integer, lease_token bigint, lease_timeline bigint, trace_context text, cancel_requested boolean, next_due_seconds double precision, limited boolean, verdict text, status text)
    LANGUAGE plpgsql
    SET lock_timeout TO '2s'
    AS $$
#variable_conflict use_column
begin
    return query
    select f.id, null::text, null::text, null::uuid, null::text, null::jsonb, null::smallint, null::bigint,
        null::integer, null::integer, f.token, null::bigint, null::text, null::boolean, null::double precision,
        null::boolean,
        f.verdict, f.status
    from queue.finish_tasks_v1(p_ids, p_tokens, p_outcomes, p_delays, p_results, p_errors) f
    where f.verdict <> 'finished' or f.status <> 'succeeded';
    return query
    select c.*, null::text, null::text
    from queue.claim_tasks_v3(p_worker_id, p_kinds, p_queues, p_limits, p_low, p_turn, p_lease_seconds) c;
end
$$;
CREATE FUNCTION queue.finish_tasks_v1(p_ids uuid[], p_tokens bigint[], p_outcomes text[], p_delays double precision[], p_results jsonb[], p_errors jsonb[]) RETURNS SETOF queue.settled
    LANGUAGE plpgsql
    SET lock_timeout TO '2s'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    v_now timestamptz := queue.clock_v1();
    v_limit integer := (select lost_lease_limit from queue.settings);
    v_places tid[];
    v_outcomes text[];
    v_delays double precision[];
    v_results jsonb[];
    v_errors jsonb[];
    v_done queue.settled[];
begin
    select array_agg(l.ctid), array_agg(i.outcome), array_agg(i.delay), array_agg(i.result), array_agg(i.error)
    into v_places, v_outcomes, v_delays, v_results, v_errors
    from (
        select * from unnest(p_ids, p_tokens, p_outcomes, p_delays, p_results, p_errors)
            as i (id, token, outcome, delay, result, error)
        order by i.id
    ) i
    cross join lateral (
        select t.ctid from queue.tasks t where t.id = i.id and t.lease_token = i.token for update
    ) l;
    -- After the tasks, as a rescue, which comes with its tasks locked, can only do.
    perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);
    with ended as (
        select t.*, i.place, i.delay, i.result, i.error, i.outcome as asked,
            case
                when t.cancel_requested_at is not null and i.outcome in ('retrying', 'waiting', 'released')
                    then 'cancelled'
                when i.outcome in ('rescued', 'unseen') and t.lost_leases + 1 >= v_limit then 'failed'
                else i.outcome
            end as outcome,
            case when i.outcome in ('rescued', 'unseen') then t.lost_leases + 1 else t.lost_leases end as lost,
            i.outcome in ('waiting', 'unseen')
                and t.errors -> -1 ->> 'code' is not distinct from i.error ->> 'code' as repeated,
            case
                when i.error is null then t.errors
                -- A host may be away for days: of its waiting only the beginning is kept.
                when i.outcome in ('waiting', 'unseen')
                    and t.errors -> -1 ->> 'code' is not distinct from i.error ->> 'code'
                    then t.errors
                else t.errors || (
                    i.error
                    || jsonb_build_object('at', v_now, 'attempt', t.attempt, 'worker_id', t.worker_id)
                )
            end as all_errors
        from unnest(v_places, v_outcomes, v_delays, v_results, v_errors) as i (place, outcome, delay, result, error)
        cross join lateral (select * from queue.tasks t where t.ctid = i.place offset 0) t
    ),
    removed as (
        delete from queue.tasks t
        where t.ctid = any(array(select e.place from ended e where e.outcome in ('succeeded', 'cancelled', 'failed')))
    ),
    -- In the order of the columns of queue.history and queue.dead.
    closed as (
        select
            e.id, e.queue, e.kind, e.subject_id, e.request_id, e.payload, e.priority, e.outcome, e.attempt,
            e.max_attempts, e.lost, e.lease_token, e.worker_id, e.all_errors, e.result, e.trace_context,
            e.created_at, e.started_at, v_now
        from ended e
        where e.outcome in ('succeeded', 'cancelled', 'failed')
    ),
    kept as (
        insert into queue.history select c.* from closed c where c.outcome <> 'failed'
    ),
    buried as (
        insert into queue.dead select c.* from closed c where c.outcome = 'failed'
    ),
    given_back as (
        update queue.tasks t
        set status = case when e.outcome in ('retrying', 'waiting', 'unseen') then 'retrying' else 'queued' end,
            attempt = case e.outcome when 'retrying' then t.attempt else t.attempt - 1 end,
            started_at = case
                when e.outcome = 'waiting' and t.started_at = t.attempt_started_at then null
                else t.started_at
            end,
            lost_leases = e.lost,
            position = nextval('queue.position_seq'),
            available_at = v_now + make_interval(secs => coalesce(e.delay, 0)),
            lease_token = null, lease_timeline = null, lease_expires_at = null, worker_id = null, progress = null,
            errors = e.all_errors
        from ended e
        where t.ctid = e.place and e.outcome in ('retrying', 'waiting', 'unseen', 'released', 'rescued')
    )
    select coalesce(array_agg(row(
        e.id, e.lease_token,
        case
            when e.asked = 'rescued' then 'rescued'
            when e.outcome in ('waiting', 'unseen') then 'waiting'
            else 'finished'
        end,
        case
            when e.outcome in ('released', 'rescued') then 'queued'
            when e.outcome in ('waiting', 'unseen') then 'retrying'
            else e.outcome
        end,
        e.kind, e.queue, e.subject_id, e.request_id, e.attempt, e.worker_id, e.attempt_started_at,
        case when not e.repeated then e.error end
    )::queue.settled), '{}')
    into v_done
    from ended e;
    -- Handed back, which is seldom: others may do it at once.
    if 'released' = any(p_outcomes) then
        perform queue.notify_v1(array(
            select distinct d.queue from unnest(v_done) d where d.verdict = 'finished' and d.status = 'queued'
        ));
    end if;
    return query select * from unnest(v_done);
    if cardinality(v_done) < cardinality(p_ids) then
        return query
        select i.id, i.token, case when f.status is null then 'lost' else 'again' end,
            f.status, f.kind, f.queue, f.subject_id, f.request_id, f.attempt, f.worker_id, f.started_at, null::jsonb
        from unnest(p_ids, p_tokens) as i (id, token)
        left join lateral (
            select h.* from queue.history h where h.id = i.id and h.lease_token = i.token
            union all
            select d.* from queue.dead d where d.id = i.id and d.lease_token = i.token
        ) f on true
        where not exists (select from unnest(v_done) d where d.id = i.id and d.token = i.token);
    end if;
end
$$;
CREATE FUNCTION queue.heartbeat_v1(p_worker_id text, p_queues text[], p_version text, p_stopping boolean, p_ids uuid[], p_tokens bigint[], p_progress jsonb[], p_lease_seconds double precision) RETURNS TABLE(id uuid, token bigint, verdict text)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
declare
    v_now timestamptz := queue.clock_v1();
    v_places tid[];
    v_progress jsonb[];
begin
    insert into queue.workers as w (id, queues, version, started_at, last_seen_at, stopping)
    values (p_worker_id, p_queues, p_version, v_now, v_now, p_stopping)
    on conflict (id) do update set last_seen_at = v_now, stopping = p_stopping, queues = p_queues;
    select array_agg(l.place), array_agg(mine.progress) into v_places, v_progress
    from (
        select * from unnest(p_ids, p_tokens, p_progress) as m (id, token, progress) order by m.id
    ) mine
    cross join lateral (
        select t.ctid as place from queue.tasks t
        where t.id = mine.id and t.lease_token = mine.token
        for update skip locked
    ) l;
    return query
    update queue.tasks t
    set lease_expires_at = v_now + make_interval(secs => p_lease_seconds),
        progress = coalesce(mine.progress, t.progress)
    from unnest(v_places, v_progress) as mine (place, progress)
    where t.ctid = mine.place
    returning t.id, t.lease_token, case when t.cancel_requested_at is null then 'held' else 'cancel' end;
    return query
    select mine.id, mine.token, 'lost'
    from unnest(p_ids, p_tokens) as mine (id, token)
    left join lateral (
        select true as is_there from queue.tasks t where t.id = mine.id and t.lease_token = mine.token offset 0
    ) found on true
    where found.is_there is null;
    return query
    select t.id, t.lease_token, 'unknown'
    from unnest(p_queues) as q (name)
    cross join lateral (
        select r.id, r.lease_token
        from queue.tasks r
        where r.status = 'running' and r.queue = q.name and r.worker_id = p_worker_id
        offset 0
    ) t
    where not exists (
        select from unnest(p_ids, p_tokens) as mine (id, token)
        where mine.id = t.id and mine.token = t.lease_token
    );
end
$$;
CREATE FUNCTION queue.limit_v1(p_queue text, p_running_limit integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    insert into queue.queues as q (name, running_limit) values (p_queue, p_running_limit)
    on conflict (name) do update set running_limit = p_running_limit;
    delete from queue.queues q where q.name = p_queue and q.paused_at is null and q.running_limit is null;
end
$$;
CREATE FUNCTION queue.list_workers_v1(p_limit integer) RETURNS TABLE(id text, queues text[], version text, started_at timestamp with time zone, last_seen_at timestamp with time zone, stopping boolean, alive boolean, running integer)
    LANGUAGE sql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
    select w.id, w.queues, w.version, w.started_at, w.last_seen_at, w.stopping,
        w.last_seen_at > queue.clock_v1() - interval '30 seconds' and not w.stopping,
        -- Queue by queue: with an array in its place the plan of an empty table reads all of a full one.
        (
            select count(*)::integer
            from unnest(w.queues) as q (name)
            cross join lateral (
                select from queue.tasks t
                where t.status = 'running' and t.queue = q.name and t.worker_id = w.id
                offset 0
            ) r
        )
    from queue.workers w
    order by w.last_seen_at desc, w.id
    limit p_limit
$$;
CREATE FUNCTION queue.maintain_history_v2(p_swept_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    SET lock_timeout TO '100ms'
    AS $_$
declare
    v_now timestamptz := queue.clock_v1();
    v_keep timestamptz := p_swept_at - (select history_retention from queue.settings);
    v_dropped integer := 0;
    v_name text;
begin
    for ahead in 0 .. 3 loop
        perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date + ahead);
    end loop;
    -- Workers that are long gone; one that still has leases is kept until they are rescued.
    delete from queue.workers w
    where w.last_seen_at < v_keep
        and not exists (select from queue.tasks t where t.status = 'running' and t.worker_id = w.id);
    for v_name in
        select c.relname
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'queue.history'::regclass and c.relname ~ '^history_[0-9]{8}$'
            and to_date(right(c.relname, 8), 'YYYYMMDD') < (v_keep at time zone 'UTC')::date
    loop
        begin
            execute format('drop table queue.%I', v_name);
            v_dropped := v_dropped + 1;
        exception
            when undefined_table then
                null;  -- Another process dropped it.
            when lock_not_available then
                exit;  -- A reader holds it, and perhaps all of them: the next call sees.
        end;
    end loop;
    return v_dropped;
end
$_$;
CREATE FUNCTION queue.make_history_partition_v1(p_day date) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    v_name text := 'history_' || to_char(p_day, 'YYYYMMDD');
    v_from timestamptz := p_day::timestamp at time zone 'UTC';
    v_to timestamptz := (p_day + 1)::timestamp at time zone 'UTC';
begin
    if to_regclass('queue.' || v_name) is not null then
        return;
    end if;
    -- Of two that find it missing, one makes it and the other waits here and then finds it. The table is asked, since
    -- to_regclass would repeat what it remembers from above.
    perform pg_advisory_xact_lock(hashtext('queue.history'), hashtext(v_name));
    perform from pg_class c where c.relname = v_name and c.relnamespace = 'queue'::regnamespace;
    if found then
        return;
    end if;
    execute format('create table queue.%I (like queue.history including all)', v_name);
    execute format(
        'alter table queue.history attach partition queue.%I for values from (%L) to (%L)', v_name, v_from, v_to
    );
end
$$;
CREATE FUNCTION queue.new_id_v1() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    AS $$
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
CREATE FUNCTION queue.notify_v1(p_queues text[]) RETURNS void
    LANGUAGE sql
    AS $$
    select pg_notify('reprieve_tasks', q) from unnest(p_queues) as q
$$;
CREATE FUNCTION queue.pause_v1(p_queue text, p_reason text) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    AS $$
declare
    v_before timestamptz;
begin
    select q.paused_at into v_before from queue.queues q where q.name = p_queue for no key update;
    insert into queue.queues as q (name, paused_at, pause_reason) values (p_queue, queue.clock_v1(), p_reason)
    on conflict (name) do update
    set paused_at = coalesce(q.paused_at, excluded.paused_at),
        pause_reason = coalesce(excluded.pause_reason, q.pause_reason);
    return v_before;
end
$$;
CREATE FUNCTION queue.pick_tasks_v1(p_queue text, p_kinds text[], p_limit integer, p_low bigint[], p_turn integer) RETURNS tid[]
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_bitmapscan TO 'off'
    AS $$
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
CREATE FUNCTION queue.promote_due_v1(p_limit integer) RETURNS text[]
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_now timestamptz := queue.clock_v1();
    v_ids uuid[] := array(
        select t.id from queue.tasks t
        where t.status = 'retrying' and t.available_at <= v_now
        order by t.available_at
        limit p_limit
        for update skip locked
    ) || array(
        -- Nothing is put off for so long: the clock was set back since.
        select t.id from queue.tasks t
        where t.status = 'retrying' and t.available_at > v_now + interval '1 hour'
        order by t.available_at
        limit p_limit
        for update skip locked
    );
    v_queues text[];
begin
    -- For a list without an entry the planner may take any index, and read all of it.
    if cardinality(v_ids) = 0 then
        return '{}';
    end if;
    with promoted as (
        update queue.tasks t
        set status = 'queued', position = nextval('queue.position_seq')
        where t.id = any(v_ids)
        returning t.queue
    )
    select coalesce(array_agg(distinct p.queue), '{}') into v_queues from promoted p;
    return v_queues;
end
$$;
CREATE FUNCTION queue.record_done_v1(p_id uuid, p_queue text, p_kind text, p_subject_id uuid, p_request_id text, p_result jsonb, p_trace_context text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    v_now timestamptz := queue.clock_v1();
begin
    perform queue.make_history_partition_v1((v_now at time zone 'UTC')::date);
    insert into queue.history values (
        p_id, p_queue, p_kind, p_subject_id, p_request_id, '{}', 0, 'succeeded', 0, 1, 0, null, null, '[]', p_result,
        p_trace_context, v_now, null, v_now
    );
end
$$;
CREATE FUNCTION queue.rescue_v1(p_ids uuid[], p_limit integer) RETURNS SETOF queue.settled
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
    v_now timestamptz := queue.clock_v1();
    v_ids uuid[];
    v_tokens bigint[];
begin
    select coalesce(array_agg(t.id), '{}'), coalesce(array_agg(t.lease_token), '{}')
    into v_ids, v_tokens
    from (
        select r.id, r.lease_token
        from queue.tasks r
        where r.status = 'running' and (p_ids is null or r.id = any(p_ids))
            -- No lease lasts so long: it was granted before the clock was set back.
            and (r.lease_expires_at < v_now or r.lease_expires_at > v_now + interval '10 minutes')
        limit p_limit
        for update skip locked
    ) t;
    if cardinality(v_ids) = 0 then
        return;
    end if;
    return query
    select * from queue.finish_tasks_v1(
        v_ids, v_tokens,
        array_fill('rescued'::text, array[cardinality(v_ids)]),
        array_fill(0::double precision, array[cardinality(v_ids)]),
        array_fill(null::jsonb, array[cardinality(v_ids)]),
        array_fill(
            '{"code": "lease_lost", "reason": "The worker stopped answering.", "cause": "the lease ran out"}'::jsonb,
            array[cardinality(v_ids)]
        )
    );
end
$$;
CREATE FUNCTION queue.resume_v1(p_queue text) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    AS $$
declare
    v_since timestamptz;
begin
    select q.paused_at into v_since from queue.queues q where q.name = p_queue for no key update;
    update queue.queues q set paused_at = null, pause_reason = null where q.name = p_queue;
    delete from queue.queues q where q.name = p_queue and q.running_limit is null;
    return v_since;
end
$$;
CREATE FUNCTION queue.share_v1(p_class integer, p_turn integer, p_slots integer) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    -- before: how many slots of a class lie before each place of two rounds.
    select (p_slots / 7) * (array[4, 2, 1])[p_class + 1]
        + before[p_class + 1][p_turn % 7 + p_slots % 7 + 1] - before[p_class + 1][p_turn % 7 + 1]
    from (values (array[
        [0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7, 7],
        [0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4],
        [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2]
    ])) as counts (before)
$$;
CREATE FUNCTION queue.stats_v1(p_queue text) RETURNS TABLE(name text, queued_0 integer, queued_1 integer, queued_2 integer, running integer, retrying integer, oldest_seconds double precision, next_due_seconds double precision, dead integer, paused_at timestamp with time zone, pause_reason text, running_limit integer, workers_alive integer)
    LANGUAGE sql
    SET jit TO 'off'
    AS $$
    with now as (select queue.clock_v1() as now),
    live as (
        select t.queue,
            count(*) filter (where t.status = 'queued' and t.priority = 0) as queued_0,
            count(*) filter (where t.status = 'queued' and t.priority = 1) as queued_1,
            count(*) filter (where t.status = 'queued' and t.priority = 2) as queued_2,
            count(*) filter (where t.status = 'running') as running,
            count(*) filter (where t.status = 'retrying') as retrying,
            min(t.created_at) filter (where t.status <> 'running') as oldest,
            min(t.available_at) filter (where t.status = 'retrying') as next_due
        from queue.tasks t
        where p_queue is null or t.queue = p_queue
        group by t.queue
    ),
    dead as (
        select d.queue, count(*) as dead
        from queue.dead d
        where (p_queue is null or d.queue = p_queue)
            and not exists (select from queue.retries r where r.task_id = d.id)
        group by d.queue
    ),
    served as (
        select s.queue,
            count(*) filter (where w.last_seen_at > n.now - interval '30 seconds' and not w.stopping) as alive
        from queue.workers w
        cross join now n
        cross join unnest(w.queues) as s (queue)
        where p_queue is null or s.queue = p_queue
        group by s.queue
    ),
    said as (
        select q.* from queue.queues q where p_queue is null or q.name = p_queue
    )
    select a.name, coalesce(l.queued_0, 0)::integer, coalesce(l.queued_1, 0)::integer,
        coalesce(l.queued_2, 0)::integer, coalesce(l.running, 0)::integer, coalesce(l.retrying, 0)::integer,
        extract(epoch from n.now - l.oldest)::double precision,
        extract(epoch from l.next_due - n.now)::double precision, coalesce(d.dead, 0)::integer, q.paused_at,
        q.pause_reason, q.running_limit, coalesce(s.alive, 0)::integer
    from (
        select l.queue from live l union select d.queue from dead d union select s.queue from served s
        union select q.name from said q
    ) a (name)
    cross join now n
    left join live l on l.queue = a.name
    left join dead d on d.queue = a.name
    left join served s on s.queue = a.name
    left join said q on q.name = a.name
    order by a.name
$$;
CREATE FUNCTION queue.sweep_v1(p_may_rescue boolean, p_limit integer, p_previous timestamp with time zone, p_elapsed_seconds double precision, p_witness timestamp with time zone) RETURNS TABLE(swept_at timestamp with time zone, rescued integer, enqueued integer, note text)
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
declare
    v_queues text[];
    v_settled queue.settled[] := '{}';
begin
    if not pg_try_advisory_xact_lock(hashtext('queue.sweep')) then
        return query select null::timestamptz, 0, 0, null::text;
        return;
    end if;
    v_queues := queue.promote_due_v1(p_limit);
    if p_may_rescue then
        v_settled := array(select s from queue.rescue_v1(null, p_limit) s);
    end if;
    perform queue.notify_v1(array(
        select unnest(v_queues) union select s.queue from unnest(v_settled) s where s.status = 'queued'
    ));
    return query select queue.clock_v1(), cardinality(v_settled), 0, null::text;
end
$$;
CREATE FUNCTION queue.tell_v1(p_task_ids uuid[], p_ended boolean[]) RETURNS integer
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('synchronous_commit', 'off', true);
    perform pg_notify('reprieve_news', string_agg(case when t.has_ended then '!' else '' end || t.id, ' '))
    from unnest(p_task_ids, p_ended) with ordinality as t (id, has_ended, number)
    group by (t.number - 1) / 200;
    return queue.echo_v1(null, null);
end
$$;
CREATE FUNCTION queue.wake_v1(p_queues text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('synchronous_commit', 'off', true);
    perform queue.notify_v1(p_queues);
end
$$;
ALTER TABLE compute.events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME compute.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE compute.keys (
    hash uuid NOT NULL,
    request_hash uuid NOT NULL,
    request_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    is_answered boolean DEFAULT false NOT NULL,
    task_id uuid
);
CREATE UNLOGGED TABLE compute.probes (
    id uuid NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    answer text,
    CONSTRAINT probes_answer_check CHECK ((answer = ANY (ARRAY['present'::text, 'missing'::text])))
);
CREATE TABLE compute.projects (
    id text NOT NULL,
    live_tasks integer DEFAULT 0 NOT NULL,
    instances integer DEFAULT 0 NOT NULL,
    cores integer DEFAULT 0 NOT NULL,
    ram integer DEFAULT 0 NOT NULL,
    max_instances integer,
    max_cores integer,
    max_ram integer,
    CONSTRAINT projects_max_cores_check CHECK ((max_cores >= '-1'::integer)),
    CONSTRAINT projects_max_instances_check CHECK ((max_instances >= '-1'::integer)),
    CONSTRAINT projects_max_ram_check CHECK ((max_ram >= '-1'::integer))
)
WITH (fillfactor='50');
CREATE TABLE compute.purge_guard (
    only_row boolean DEFAULT true NOT NULL,
    last_seen_at timestamp with time zone,
    stopped_at timestamp with time zone,
    stopped_reason text,
    hour_started_at timestamp with time zone,
    hour_count integer DEFAULT 0 NOT NULL,
    CONSTRAINT purge_guard_only_row_check CHECK (only_row),
    CONSTRAINT reason_goes_with_stop CHECK (((stopped_at IS NULL) = (stopped_reason IS NULL)))
);
CREATE TABLE compute.services (
    host text NOT NULL,
    number integer NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    forced_down boolean DEFAULT false NOT NULL
);
ALTER TABLE compute.services ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME compute.services_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE SEQUENCE queue.lease_token_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE SEQUENCE queue.position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE queue.queues (
    name text NOT NULL,
    paused_at timestamp with time zone,
    pause_reason text,
    running_limit integer,
    CONSTRAINT queues_name_check CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$'::text)),
    CONSTRAINT queues_running_limit_check CHECK (((running_limit >= 1) AND (running_limit <= 10000))),
    CONSTRAINT reason_goes_with_pause CHECK (((pause_reason IS NULL) OR (paused_at IS NOT NULL)))
);
CREATE TABLE queue.retries (
    task_id uuid NOT NULL,
    retried_as uuid,
    retried_at timestamp with time zone NOT NULL,
    retried_by text NOT NULL
);
CREATE TABLE queue.settings (
    only_row boolean DEFAULT true NOT NULL,
    history_retention interval DEFAULT '7 days'::interval NOT NULL,
    lost_lease_limit integer DEFAULT 20 NOT NULL,
    CONSTRAINT settings_history_retention_check CHECK ((history_retention >= '01:00:00'::interval)),
    CONSTRAINT settings_lost_lease_limit_check CHECK (((lost_lease_limit >= 1) AND (lost_lease_limit <= 1000))),
    CONSTRAINT settings_only_row_check CHECK (only_row)
);
CREATE TABLE queue.workers (
    id text NOT NULL,
    queues text[] NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    stopping boolean DEFAULT false NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE reprieve.schema_files (
    name text NOT NULL,
    digest text NOT NULL,
    compatible_from integer NOT NULL,
    applied_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY compute.actions
    ADD CONSTRAINT actions_pkey PRIMARY KEY (request_id);
ALTER TABLE ONLY compute.actions
    ADD CONSTRAINT actions_task_id_key UNIQUE (task_id);
ALTER TABLE ONLY compute.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY compute.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY compute.probes
    ADD CONSTRAINT probes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY compute.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY compute.purge_guard
    ADD CONSTRAINT purge_guard_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY compute.servers
    ADD CONSTRAINT servers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY compute.services
    ADD CONSTRAINT services_id_key UNIQUE (id);
ALTER TABLE ONLY compute.services
    ADD CONSTRAINT services_number_key UNIQUE (number);
ALTER TABLE ONLY compute.services
    ADD CONSTRAINT services_pkey PRIMARY KEY (host);
ALTER TABLE ONLY compute.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY queue.dead
    ADD CONSTRAINT dead_pkey PRIMARY KEY (id);
ALTER TABLE ONLY queue.queues
    ADD CONSTRAINT queues_pkey PRIMARY KEY (name);
ALTER TABLE ONLY queue.retries
    ADD CONSTRAINT retries_pkey PRIMARY KEY (task_id);
ALTER TABLE ONLY queue.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY queue.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY queue.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY reprieve.schema_files
    ADD CONSTRAINT schema_files_pkey PRIMARY KEY (name);
CREATE INDEX actions_by_project ON compute.actions USING btree (COALESCE(server_project_id, project_id), task_id) WHERE (task_id IS NOT NULL);
CREATE INDEX actions_by_server ON compute.actions USING btree (server_id, start_time DESC);
CREATE INDEX events_by_request ON compute.events USING btree (request_id, id);
CREATE INDEX keys_by_age ON compute.keys USING btree (created_at);
CREATE INDEX servers_by_age ON compute.servers USING btree (created_at DESC, id DESC);
CREATE INDEX servers_by_project ON compute.servers USING btree (project_id, created_at DESC, id DESC);
CREATE INDEX servers_due ON compute.servers USING btree (purge_at) WHERE (vm_state = 'soft-delete'::text);
CREATE INDEX servers_live ON compute.servers USING btree (project_id, created_at DESC, id DESC) WHERE (vm_state = ANY (ARRAY['active'::text, 'stopped'::text, 'error'::text]));
CREATE INDEX dead_by_subject ON queue.dead USING btree (subject_id, kind);
CREATE INDEX history_by_id ON ONLY queue.history USING btree (id);
CREATE INDEX tasks_claimable ON queue.tasks USING btree (queue, priority, "position") WHERE (status = 'queued'::text);
CREATE INDEX tasks_in_backoff ON queue.tasks USING btree (available_at) WHERE (status = 'retrying'::text);
CREATE INDEX tasks_in_backoff_by_queue ON queue.tasks USING btree (queue, available_at) WHERE (status = 'retrying'::text);
CREATE UNIQUE INDEX tasks_one_live_per_subject ON queue.tasks USING btree (subject_id);
CREATE INDEX tasks_running ON queue.tasks USING btree (queue, worker_id) WHERE (status = 'running'::text);
CREATE INDEX workers_by_queue ON queue.workers USING gin (queues) WITH (fastupdate=off);
ALTER TABLE ONLY compute.actions
    ADD CONSTRAINT actions_server_id_fkey FOREIGN KEY (server_id) REFERENCES compute.servers(id);
ALTER TABLE ONLY compute.events
    ADD CONSTRAINT events_request_id_fkey FOREIGN KEY (request_id) REFERENCES compute.actions(request_id);
ALTER TABLE ONLY queue.retries
    ADD CONSTRAINT retries_task_id_fkey FOREIGN KEY (task_id) REFERENCES queue.dead(id);
