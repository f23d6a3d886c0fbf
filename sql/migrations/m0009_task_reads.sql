-- The list of a project's tasks reads that project's actions and nobody else's; and what is said of a task's host reads
-- that host's workers.
-- compatible-from: 1
--
-- Tables: compute.actions, queue.workers.
-- An action's project is its caller's. Where that is another than the server's, which is so for administrators alone, the
-- server's is kept beside it. A row more in this index costs an accepted request about 2 µs.

alter table compute.actions add column if not exists server_project_id text;

update compute.actions a set server_project_id = v.project_id
from compute.servers v
where v.id = a.server_id and v.project_id <> a.project_id;

create index if not exists actions_by_project on compute.actions ((coalesce(server_project_id, project_id)), task_id)
    where task_id is not null;

-- A worker's queues change at its start only: its heartbeats stay HOT.
create index if not exists workers_by_queue on queue.workers using gin (queues) with (fastupdate = off);
