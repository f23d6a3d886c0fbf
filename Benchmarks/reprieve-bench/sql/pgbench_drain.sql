-- Claims 100 jobs and completes them, two commits. Completed ones are deleted: of what the peers do (delete, update,
-- move to a log) it is the fastest, by little, so the hardest to be measured against.
with claimed as (update bench.jobs set status = 'running', attempt = attempt + 1, started_at = now(), worker_id = 'pgbench' where id = any(array(select id from bench.jobs where status = 'queued' and queue = 'bench' order by priority, id for update skip locked limit 100)) returning id) select coalesce(array_agg(id), '{}') as ids from claimed \gset
delete from bench.jobs where id = any(:ids::bigint[]);
