// swift-tools-version: 6.2
import PackageDescription

// A package of its own: whoever builds the agent need not fetch what only measures it.
let package = Package(
    name: "ima-benchmarks",
    dependencies: [
        .package(name: "ima", path: "../.."),
        // Without jemalloc, which counts allocations: time and processor are what is compared here.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "Ima",
            dependencies: [
                .product(name: "Modules", package: "ima"), .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/Ima",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ],
    swiftLanguageModes: [.v6]
)
