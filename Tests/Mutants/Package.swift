// swift-tools-version: 6.2
import PackageDescription

// The core with the histories and nothing else: what deploy/mutants builds in a folder of its own, in seconds.
// A mutation may leave something unused, so warnings are no errors here.
let features: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "mutants",
    targets: [
        .target(name: "StrictJSON", swiftSettings: features),
        .target(name: "Retrying", swiftSettings: features),
        .target(name: "PowerEvents", dependencies: ["StrictJSON"], swiftSettings: features),
        .target(name: "Site", dependencies: ["PowerEvents"], swiftSettings: features),
        .target(
            name: "Shedding", dependencies: ["PowerEvents", "Retrying", "Site", "StrictJSON"], swiftSettings: features),
        .testTarget(
            name: "Histories", dependencies: ["PowerEvents", "Shedding", "Site", "StrictJSON"],
            swiftSettings: features),
    ])
