import Postgres

/// The SQL of the benchmark: what its own functions do not say (sql/bench_schema.sql). There is no other SQL here.
enum BenchSQL {
    static var schema: String { String(decoding: PackageResources.bench_schema_sql, as: UTF8.self) }

    static let isSetUp = Statement("SELECT to_regclass('bench.jobs') IS NOT NULL AS yes")
    /// Empty, or made by an earlier set-up.
    static let mayBeSetUp = Statement(
        """
        SELECT to_regnamespace('bench') IS NOT NULL OR NOT EXISTS (
            SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
        ) AS yes
        """
    )

    static let clear = Statement("SELECT bench.clear($1)")
    static let makeServers = Statement("SELECT bench.make_servers($1, $2)")
    static let fill = Statement("SELECT bench.fill($1, $2, $3)")
    static let fillJobs = Statement("SELECT bench.fill_jobs($1)")
    static let retain = Statement("SELECT bench.retain($1)")
    /// One by one, since they run in no transaction.
    static let vacuums = [
        "VACUUM ANALYZE queue.tasks", "VACUUM ANALYZE compute.servers", "VACUUM ANALYZE compute.actions",
        "VACUUM ANALYZE bench.jobs",
    ]

    static let vacuumHistory = "VACUUM ANALYZE queue.history"

    static let unfinished = Statement("SELECT count(*) FROM queue.tasks WHERE queue = $1")
    static let unfinishedJobs = Statement("SELECT count(*) FROM bench.jobs")
    static let accepted = Statement(
        """
        SELECT count(*), extract(epoch FROM max(start_time) - min(start_time))::double precision AS seconds
        FROM compute.actions WHERE action = 'restore'
        """
    )
    static let finished = Statement(
        """
        SELECT count(*), extract(epoch FROM max(finished_at) - min(started_at))::double precision AS seconds
        FROM queue.history WHERE status = 'succeeded'
        """
    )
    static let workers = Statement("SELECT count(*) FROM queue.list_workers_v1(100) WHERE alive")
    static let transactions = Statement(
        "SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = current_database()"
    )
    static let backend = Statement("SELECT pg_backend_pid() AS count")

    static let beginSnapshot = Statement("BEGIN ISOLATION LEVEL REPEATABLE READ")
    /// The first look fixes what the transaction sees.
    static let look = Statement("SELECT count(*) FROM queue.settings")
    static let endSnapshot = Statement("ROLLBACK")
}
