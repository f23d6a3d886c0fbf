// swift-tools-version: 6.2

import PackageDescription

/// What every target is compiled with. The check of the import order is a flag of the command line: deploy/dev/test.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioLocks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "reprieve",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "reprieve-api", targets: ["reprieve-api"]),
        .executable(name: "reprieve-worker", targets: ["reprieve-worker"]),
        .executable(name: "reprieve", targets: ["reprieve"]),
        .executable(name: "reprieve-bench", targets: ["reprieve-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "Postgres", dependencies: ["CLibPQ", log, lifecycle], swiftSettings: settings),
        .target(
            name: "SchemaSQL",
            dependencies: ["Postgres", crypto, log],
            path: "sql",
            exclude: ["schema.sql"],
            resources: [.embedInCode("migrations"), .embedInCode("functions")],
            swiftSettings: settings
        ),
        .target(name: "TaskQueue", dependencies: ["Postgres", log, lifecycle], swiftSettings: settings),
        .target(name: "Hypervisor", swiftSettings: settings),
        .target(
            name: "Identity",
            dependencies: [crypto, httpClient, lifecycle, nio, nioFoundation, nioHTTP, nioLocks, yaml],
            swiftSettings: settings
        ),
        .target(
            name: "Compute",
            dependencies: ["TaskQueue", "Hypervisor", "Postgres", lifecycle, log],
            swiftSettings: settings
        ),
        .target(name: "Telemetry", dependencies: [log, lifecycle, configuration], swiftSettings: settings),
        .target(
            name: "ComputeAPI",
            dependencies: [
                "Compute", "Identity", "TaskQueue", "Telemetry", crypto, hummingbird, hummingbirdCore, httpTypes, log,
                nio, nioFoundation, nioHTTP, nioHTTPTypes, nioHTTPTypesHTTP1, nioSSL,
            ],
            resources: [.embedInCode("openapi.json")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "reprieve-api",
            dependencies: [
                "ComputeAPI", "Identity", "Compute", "TaskQueue", "Postgres", "SchemaSQL", "Telemetry",
                configuration, hummingbird, lifecycle, log, nio, signals,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "reprieve-worker",
            dependencies: [
                "Compute", "TaskQueue", "Hypervisor", "Postgres", "SchemaSQL", "Telemetry", configuration, lifecycle,
                log,
                signals,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "reprieve",
            dependencies: [
                "Compute", "Identity", "TaskQueue", "Hypervisor", "Postgres", "SchemaSQL", "Telemetry", arguments,
                httpClient, nio, nioFoundation, nioHTTP, log,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "reprieve-bench",
            dependencies: [
                "Compute", "TaskQueue", "Hypervisor", "Postgres", "SchemaSQL", "Telemetry", arguments, crypto,
                lifecycle,
                log, signals,
            ],
            path: "Benchmarks/reprieve-bench",
            resources: [.embedInCode("sql")],
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport",
            dependencies: [
                "ComputeAPI", "Hypervisor", "Postgres", "SchemaSQL", "Telemetry", httpTypes, hummingbird, log, nio,
            ],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "SchemaSQLTests",
            dependencies: ["SchemaSQL", "Postgres", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TaskQueueTests",
            dependencies: ["TaskQueue", "Postgres", "TestSupport", lifecycle],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["TaskQueue", "Compute", "Hypervisor", "Postgres", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(name: "HypervisorTests", dependencies: ["Hypervisor", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "ComputeTests",
            dependencies: ["Compute", "TaskQueue", "Hypervisor", "Postgres", "TestSupport", lifecycle],
            swiftSettings: settings
        ),
        .testTarget(
            name: "IdentityTests",
            dependencies: ["Identity", "Postgres", "TestSupport"],
            exclude: ["oslo-policy-answers.json"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", "TestSupport", configuration, lifecycle, log],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ComputeAPITests",
            dependencies: [
                "ComputeAPI", "Identity", "Compute", "TaskQueue", "Postgres", "TestSupport", httpClient, hummingbird,
                httpTypes, lifecycle, log, nio, nioEmbedded, nioHTTP, nioHTTPTypes, nioSSL,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ReprieveTests",
            dependencies: ["reprieve", "Compute", "Postgres", arguments],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BenchTests",
            dependencies: ["reprieve-bench", "reprieve-worker", "Postgres", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Compute", "TaskQueue", "Hypervisor", "Postgres", "TestSupport", "reprieve-api", "reprieve-worker",
                "reprieve", httpClient, nio, nioFoundation, nioHTTP, nioSSL,
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
