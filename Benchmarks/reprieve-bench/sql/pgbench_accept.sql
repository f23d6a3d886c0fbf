-- Each transaction restores another soft-deleted server, by the product's function for one row.
\set n :n + 1
select * from compute.restore_server_v1(bench.server_id(:n::bigint * :clients + :client_id), bench.project_id(:n::bigint * :clients + :client_id), bench.project_id(:n::bigint * :clients + :client_id), 'bench', bench.request_id(:n::bigint * :clients + :client_id), null);
