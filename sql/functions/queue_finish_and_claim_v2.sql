-- Ends attempts, and claims the next tasks in the slots they leave: one round trip and one commit.
--
-- Tables and parameters: as queue.finish_tasks_v1 and queue.claim_tasks_v3. Rows with a verdict are endings; one
-- that succeeded needs none. The others are claims. next_due_seconds and limited as queue.claim_tasks_v3.
-- Callers: TaskQueue.exchange
create or replace function queue.finish_and_claim_v2(
    p_ids uuid[],
    p_tokens bigint[],
    p_outcomes text[],
    p_delays double precision[],
    p_results jsonb[],
    p_errors jsonb[],
    p_worker_id text,
    p_kinds text[],
    p_queues text[],
    p_limits integer[],
    p_low bigint[],
    p_turn integer,
    p_lease_seconds double precision
) returns table (
    id uuid,
    queue text,
    kind text,
    subject_id uuid,
    request_id text,
    payload jsonb,
    priority smallint,
    "position" bigint,
    attempt integer,
    max_attempts integer,
    lease_token bigint,
    lease_timeline bigint,
    trace_context text,
    cancel_requested boolean,
    next_due_seconds double precision,
    limited boolean,
    verdict text,
    status text
)
language plpgsql volatile
-- As the endings alone: the caller then sends them without the claim.
set lock_timeout = '2s'
as $$
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
