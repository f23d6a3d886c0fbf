-- Answers a question to a host, and wakes who asked. answer: present, missing.
--
-- Tables: compute.probes. Callers: Compute.ServerStore.answer
create or replace function compute.answer_probe_v1(p_id uuid, p_answer text) returns void
language plpgsql volatile
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    update compute.probes p set answer = p_answer where p.id = p_id;
    perform pg_notify('reprieve_news', '!' || p_id);
end
$$;
