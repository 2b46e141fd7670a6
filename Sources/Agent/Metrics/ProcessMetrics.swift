import BuildInformation
import Foundation
import PowerEvents
import Prometheus

/// The program and its process, as metrics.
final class ProcessMetrics: Sendable {
    struct BuildLabels: MetricLabels {
        static let names = ["version", "commit"]
        var values: [String] { [Build.version, Build.commit] }
    }

    let build = Metric<Gauge, BuildLabels>(
        "ima_build_info", help: "1, with the version and the commit of the program as labels.", shown: [BuildLabels()])
    let processor = Metric<Counter, NoLabels>(
        "process_cpu_seconds_total", .seconds, help: "Processor time of the process, of users and of the system.")
    let resident = Metric<Gauge, NoLabels>(
        "process_resident_memory_bytes", .bytes, help: "Memory of the process that is not swapped out.")
    let virtual = Metric<Gauge, NoLabels>(
        "process_virtual_memory_bytes", .bytes, help: "Address space of the process.")
    let threads = Metric<Gauge, NoLabels>("process_threads", help: "Threads of the process.")
    let openDescriptors = Metric<Gauge, NoLabels>("process_open_fds", help: "File descriptors that are open.")
    let descriptorLimit = Metric<Gauge, NoLabels>("process_max_fds", help: "File descriptors that may be open.")
    let startTime = Metric<Gauge, NoLabels>(
        "process_start_time_seconds", .seconds, help: "When the process began, as Unix time.")

    init() {
        build[BuildLabels()].set(1)
        startTime.series.set(Double(WallClock.now().milliseconds) / 1000)
    }

    var all: [any AnyMetric] {
        [build, processor, resident, virtual, threads, openDescriptors, descriptorLimit, startTime]
    }

    /// To be called before they are shown.
    func refresh() {
        guard let figures = ProcessFigures.read() else { return }
        processor.advance(to: figures.processorSeconds)
        resident.series.set(figures.residentBytes)
        virtual.series.set(figures.virtualBytes)
        threads.series.set(figures.threads)
        openDescriptors.series.set(figures.openDescriptors)
        descriptorLimit.series.set(figures.descriptorLimit)
    }
}
