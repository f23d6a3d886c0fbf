-- One durable row: how fast the server is at this moment.
insert into bench.jobs (queue, kind) values ('commit', 'noop');
