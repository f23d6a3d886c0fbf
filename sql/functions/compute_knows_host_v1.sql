-- Whether anything here has to do with a host: a server, a worker, or what an operator said about its queue.
--
-- Tables: compute.servers, queue.workers, queue.queues. Callers: Compute.ServerStore.knowsHost (reprieve queue)
create or replace function compute.knows_host_v1(p_host text) returns boolean
language sql stable
as $$
    select exists (select from queue.queues q where q.name = p_host)
        or exists (select from queue.workers w where w.queues @> array[p_host])
        or exists (select from compute.servers v where v.host = p_host)
$$;
