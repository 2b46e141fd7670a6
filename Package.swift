// swift-tools-version: 6.2
import PackageDescription

// The strictness that every target of this package is held to.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")

// Of the clone that is being built; empty outside one.
let commit =
    Context.environment["IMA_COMMIT"]
    ?? Context.gitInformation.map { String($0.currentCommit.prefix(12)) + ($0.hasUncommittedChanges ? "+" : "") } ?? ""

let package = Package(
    name: "ima",
    products: [
        .executable(name: "ima", targets: ["ima"]),
        .executable(name: "gridsim", targets: ["gridsim"]),
        // For Tests/Benchmarks, a package of its own.
        .library(
            name: "Modules",
            targets: [
                "Agent", "Inventory", "JOSE", "Journal", "OpenSSL", "PowerEvents", "Settings", "Shedding", "Site",
                "StrictJSON",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // The simulated fleet only: its BoringSSL costs minutes of build, and `ima` must not pay them.
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        .systemLibrary(name: "CAllocator"),
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // SQLite's session extension: in C because its declarations hide behind macros.
        .target(name: "CSQLiteSession", linkerSettings: [.linkedLibrary("sqlite3")]),

        .target(name: "StrictJSON", swiftSettings: strict),
        .target(name: "Retrying", swiftSettings: strict),
        .target(name: "OpenSSL", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "JOSE", dependencies: ["OpenSSL", "StrictJSON"], swiftSettings: strict),
        .target(name: "Mosquitto", dependencies: ["CMosquitto", "Retrying"], swiftSettings: strict),
        .target(name: "Curl", dependencies: ["CCurl"], swiftSettings: strict),

        // The text format of Prometheus and the metrics that it shows; no library for it is kept up.
        .target(name: "Prometheus", swiftSettings: strict),
        .target(name: "PowerEvents", dependencies: ["StrictJSON"], swiftSettings: strict),
        // What there is, as values: what decides, writes and records needs no YAML.
        .target(name: "Site", dependencies: ["PowerEvents"], swiftSettings: strict),
        .target(name: "Settings", dependencies: ["OpenSSL", "PowerEvents", "Site", yams], swiftSettings: strict),
        .target(
            name: "Inventory", dependencies: ["PowerEvents", "Settings", "Site", "StrictJSON"], swiftSettings: strict),
        .target(
            name: "Shedding", dependencies: ["PowerEvents", "Retrying", "Site", "StrictJSON"], swiftSettings: strict),
        .target(
            name: "Redfish",
            dependencies: ["Curl", "PowerEvents", "Retrying", "Shedding", "Site", "StrictJSON"],
            swiftSettings: strict),
        .target(
            name: "Journal",
            dependencies: ["CSQLiteSession", "PowerEvents", "Retrying", "Shedding", "Site", "StrictJSON", grdb],
            // The histories write tens of millions of records: unoptimised, that alone would take minutes of each test run.
            swiftSettings: strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]),
        // The journal of several agents: etcd, the log that it keeps, and who leads.
        .target(
            name: "Replication",
            dependencies: [
                "Curl", "Journal", "OpenSSL", "PowerEvents", "Retrying", "Site", "StrictJSON", logging,
            ],
            swiftSettings: strict),
        .target(
            name: "EventBus",
            dependencies: ["Mosquitto", "Site", logging],
            swiftSettings: strict),
        .target(
            name: "Agent",
            dependencies: [
                "BuildInformation", "CAllocator", "Curl", "EventBus", "Inventory", "JOSE", "Journal", "Mosquitto",
                "OpenSSL",
                "OperatorAPI", "Page", "PowerEvents", "Prometheus", "Redfish", "Replication", "Settings", "Shedding",
                "Site",
                "StrictJSON", hummingbird, hummingbirdCore,
                logging, nioCore, serviceLifecycle, unixSignals,
            ],
            swiftSettings: strict),
        // What operators read of it on a terminal: status, history, failures, as lines.
        .target(
            name: "Terminal", dependencies: ["OperatorAPI", "PowerEvents", "Site", "StrictJSON"], swiftSettings: strict),
        // What they see of it in a browser: documents made of the same values, and the files that these need.
        .target(
            name: "Page", dependencies: ["Site", "StrictJSON", "Terminal"],
            resources: [
                .embedInCode("Assets/icon.svg"), .embedInCode("Assets/openapi.json"), .embedInCode("Assets/page.css"),
                .embedInCode("Assets/page.js"),
            ], swiftSettings: strict),
        // What the control socket is asked and answers, for the agent and the command line.
        .target(name: "OperatorAPI", swiftSettings: strict),
        // The version and the commit, which only a C file can be told from outside.
        .target(name: "CBuild", cSettings: [.define("IMA_COMMIT", to: "\"\(commit)\"")]),
        .target(name: "BuildInformation", dependencies: ["CBuild"], swiftSettings: strict),
        // What `ima` and `gridsim` have in common: exit codes, and errors in one line.
        .target(name: "CommandLineTool", dependencies: [argumentParser], swiftSettings: strict),
        .executableTarget(
            name: "ima",
            dependencies: [
                "Agent", "BuildInformation", "CommandLineTool", "Curl", "Inventory", "JOSE", "OpenSSL", "OperatorAPI",
                "PowerEvents", "Settings", "Shedding", "Site", "StrictJSON", "Terminal", argumentParser, logging,
            ],
            swiftSettings: strict),

        .target(
            name: "FleetSimulator",
            dependencies: [
                "EventBus", "JOSE", "Mosquitto", "OpenSSL", "PowerEvents", "Settings", "Site", "StrictJSON", logging,
                nioCore, nioHTTP1, nioPosix, nioSSL,
            ],
            swiftSettings: strict),
        // The other two roles of the contract, and who judges all three. No machines, so no TLS of theirs.
        .target(
            name: "GridSimulator",
            dependencies: [
                "Curl", "EventBus", "Inventory", "JOSE", "Mosquitto", "OpenSSL", "PowerEvents", "Settings", "Site",
                "StrictJSON", logging,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "gridsim",
            dependencies: [
                "BuildInformation", "CommandLineTool", "Curl", "EventBus", "FleetSimulator", "GridSimulator",
                "Inventory",
                "JOSE", "Mosquitto", "OpenSSL", "PowerEvents", "Settings", "Site", "StrictJSON", argumentParser,
                logging,
            ],
            swiftSettings: strict),

        // What more than one test target needs: a broker, temporary folders, free ports.
        .target(
            name: "TestSupport",
            dependencies: ["EventBus", "FleetSimulator", "OpenSSL", "PowerEvents"],
            path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON"], swiftSettings: strict),
        .testTarget(
            name: "TerminalTests", dependencies: ["PowerEvents", "Site", "StrictJSON", "Terminal"],
            swiftSettings: strict),
        .testTarget(name: "PageTests", dependencies: ["Page", "StrictJSON"], swiftSettings: strict),
        .testTarget(name: "OperatorAPITests", dependencies: ["OperatorAPI"], swiftSettings: strict),
        .testTarget(name: "PrometheusTests", dependencies: ["Prometheus"], swiftSettings: strict),
        .testTarget(name: "PowerEventsTests", dependencies: ["PowerEvents", "StrictJSON"], swiftSettings: strict),
        .testTarget(name: "JOSETests", dependencies: ["JOSE", "OpenSSL", "StrictJSON"], swiftSettings: strict),
        .testTarget(
            name: "CurlTests",
            dependencies: ["Curl", "FleetSimulator", "Inventory", "OpenSSL", "Settings", "Site", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SettingsTests", dependencies: ["OpenSSL", "PowerEvents", "Settings", "Site", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "SiteTests", dependencies: ["PowerEvents", "Site"], swiftSettings: strict),
        .testTarget(
            name: "InventoryTests",
            dependencies: ["Inventory", "PowerEvents", "Settings", "Site", "StrictJSON"],
            swiftSettings: strict),
        .testTarget(
            name: "SheddingTests",
            dependencies: ["Inventory", "PowerEvents", "Retrying", "Settings", "Shedding", "Site", "StrictJSON"],
            swiftSettings: strict),
        .testTarget(
            name: "RedfishTests",
            dependencies: ["Curl", "PowerEvents", "Redfish", "Shedding", "Site", "StrictJSON"],
            swiftSettings: strict),
        // Makes SQLite's writes fail, in C because SQLite's table of system calls is.
        .target(name: "BadDisk", path: "Tests/BadDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
        .testTarget(
            name: "JournalTests",
            dependencies: ["BadDisk", "Journal", "PowerEvents", "Shedding", "Site", "StrictJSON", "TestSupport", grdb],
            swiftSettings: strict),
        .testTarget(
            name: "ReplicationTests",
            dependencies: [
                "Curl", "FleetSimulator", "Journal", "OpenSSL", "PowerEvents", "Replication", "Shedding", "Site",
                "StrictJSON", "TestSupport", logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EventBusTests", dependencies: ["EventBus", "Mosquitto", "OpenSSL", "TestSupport", logging],
            swiftSettings: strict),
        .testTarget(
            name: "AgentTests",
            dependencies: [
                "Agent", "Curl", "EventBus", "JOSE", "Journal", "OpenSSL", "OperatorAPI", "Page", "PowerEvents",
                "Prometheus", "Redfish", "Replication",
                "Settings", "Shedding", "Site",
                "StrictJSON", "TestSupport", logging,
            ],
            swiftSettings: strict),
        // Seeded histories of everything that can go wrong, in virtual time, against a model.
        .testTarget(
            name: "Histories",
            dependencies: ["Journal", "PowerEvents", "Shedding", "Site", "StrictJSON"],
            swiftSettings: strict),
        .testTarget(
            name: "FleetSimulatorTests",
            dependencies: ["FleetSimulator", "PowerEvents", "Settings", "Site", "StrictJSON"],
            swiftSettings: strict),
        .testTarget(
            name: "GridSimulatorTests",
            dependencies: [
                "GridSimulator", "JOSE", "OpenSSL", "PowerEvents", "Settings", "Site", "StrictJSON", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "Scenarios",
            dependencies: [
                "Curl", "EventBus", "FleetSimulator", "GridSimulator", "gridsim", "ima", "Inventory", "JOSE",
                "Mosquitto", "OpenSSL",
                "PowerEvents", "Settings", "Site", "StrictJSON", "TestSupport", logging,
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// A program that libFuzzer drives has no `main` of its own, so it is part of the package only where deploy/fuzz says so.
if Context.environment["IMA_FUZZ_TARGET"] != nil {
    package.products.append(.executable(name: "ima-fuzz", targets: ["ima-fuzz"]))
    package.targets.append(
        .executableTarget(
            name: "ima-fuzz",
            dependencies: [
                "Curl", "Inventory", "JOSE", "OpenSSL", "PowerEvents", "Redfish", "Settings", "Shedding", "Site",
                "StrictJSON",
            ],
            path: "Tests/Fuzzing", exclude: ["Corpus"]))
}
