import Foundation
import StrictJSON

/// What one breach took: seconds from the alert's publication, and what the agent used meanwhile.
struct BenchFigures: Sendable {
    /// What the agent had of the fleet when the alert came.
    enum Start: String, CaseIterable, Sendable {
        /// A new agent: no connection, no session, and nothing known of the fleet.
        case new
        /// A restart: no connection and no session; where the controls are is in the journal.
        case cold
        /// Probed by the patrol; then every connection was dropped.
        case resumed
        /// Probed by the patrol.
        case warm
    }

    /// Seconds at which a share of something was done.
    struct Progress: Sendable {
        var first = 0.0
        var half = 0.0
        var most = 0.0
        var nearlyAll = 0.0
        var all = 0.0
        /// Of how many BMCs.
        var count = 0

        init(_ times: [UInt64], since start: UInt64) {
            let done = times.filter { $0 > start }.map { Double($0 - start) / 1e9 }.sorted()
            count = done.count
            guard let last = done.last, let earliest = done.first else { return }
            func at(_ share: Double) -> Double { done[min(done.count - 1, Int(Double(done.count) * share))] }
            (first, half, most, nearlyAll, all) = (earliest, at(0.5), at(0.95), at(0.99), last)
        }

        var json: JSONValue {
            [
                "bmcs": .number(JSONNumber(count)), "first": BenchFigures.number(first),
                "p50": BenchFigures.number(half),
                "p95": BenchFigures.number(most), "p99": BenchFigures.number(nearlyAll),
                "p100": BenchFigures.number(all),
            ]
        }
    }

    var count: Int
    var latency: BenchLatency
    var hungPercent: Int
    var start: Start
    var writes = Progress([], since: 0)
    var readBacks = Progress([], since: 0)
    var event = 0.0
    /// From the end of the hold-down to the last prior that was read back.
    var release = 0.0
    var applied = 0
    var restored = 0
    var requests = 0
    var cpuSeconds = 0.0
    var peakMegabytes = 0.0
    var descriptors = 0
    var journalSeconds = 0.0
    /// Of it, what was work and not waiting for the disk or a processor.
    var journalProcessorSeconds = 0.0
    /// The same fleet, moments before.
    var curlOnePatch: (seconds: Double, cpu: Double)?
    var curlThree: (seconds: Double, cpu: Double)?
    var handshakeMilliseconds = 0
    /// Whether the journal was that of two agents, over an etcd of three members on the same machine.
    var hasStandby = false

    var ratio: Double? { curlOnePatch.map { readBacks.all / $0.seconds } }

    var json: JSONValue {
        var object = JSONObject()
        object["bmcs"] = .number(JSONNumber(count))
        object["latency_ms"] = .number(JSONNumber(latency.least))
        object["latency_most_ms"] = .number(JSONNumber(latency.most))
        object["handshake_ms"] = .number(JSONNumber(handshakeMilliseconds))
        object["hung_percent"] = .number(JSONNumber(hungPercent))
        object["start"] = .string(start.rawValue)
        object["standby"] = .bool(hasStandby)
        object["writes_s"] = writes.json
        object["read_backs_s"] = readBacks.json
        object["event_s"] = Self.number(event)
        object["release_s"] = Self.number(release)
        object["applied"] = .number(JSONNumber(applied))
        object["restored"] = .number(JSONNumber(restored))
        object["requests_per_bmc"] = Self.number(Double(requests) / Double(count))
        object["agent"] = [
            "cpu_s": Self.number(cpuSeconds), "cpu_ms_per_bmc": Self.number(cpuSeconds * 1000 / Double(count)),
            "peak_rss_mb": Self.number(peakMegabytes), "descriptors": .number(JSONNumber(descriptors)),
            "journal_s": Self.number(journalSeconds), "journal_cpu_s": Self.number(journalProcessorSeconds),
        ]
        if let curlOnePatch {
            object["curl_one_patch_s"] = Self.number(curlOnePatch.seconds)
            object["curl_one_patch_cpu_s"] = Self.number(curlOnePatch.cpu)
        }
        if let curlThree { object["curl_three_requests_s"] = Self.number(curlThree.seconds) }
        if let ratio { object["ratio_to_one_patch"] = Self.number(ratio) }
        return .object(object)
    }

    static let heading = [
        "| BMCs | answers after | hung | start | last read-back ÷ curl's one PATCH | ÷ curl's three requests | first write"
            + " | last write | last read-back | event | release | CPU a BMC | peak RSS | journal | its CPU |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]

    var row: String {
        func seconds(_ value: Double) -> String { String(format: "%.2f s", value) }
        func ratio(_ base: Double?) -> String { base.map { String(format: "%.2f", readBacks.all / $0) } ?? "" }
        return
            "| \(count) | \(latency) ms | \(hungPercent) % | \(start.rawValue)\(hasStandby ? ", standby" : "") | \(ratio(curlOnePatch?.seconds))"
            + " | \(ratio(curlThree?.seconds)) | \(String(format: "%.0f ms", writes.first * 1000)) | \(seconds(writes.all))"
            + " | \(seconds(readBacks.all)) | \(seconds(event)) | \(seconds(release))"
            + " | \(String(format: "%.2f ms", cpuSeconds * 1000 / Double(count)))"
            + " | \(String(format: "%.0f MB", peakMegabytes)) | \(seconds(journalSeconds)) | \(seconds(journalProcessorSeconds)) |"
    }

    /// Of a run with a standby, beside the one without that came before it.
    func comparison(with alone: BenchFigures) -> String {
        func share(_ part: Double, _ whole: Double) -> String {
            whole > 0 ? String(format: "%.0f %%", 100 * part / whole) : "nothing"
        }
        return "with a standby the last read-back comes after "
            + String(format: "%.2f", readBacks.all / max(alone.readBacks.all, 0.001))
            + " of the time without; the journal"
            + " is at work for \(share(journalSeconds, readBacks.all)) of it, and \(share(alone.journalSeconds, alone.readBacks.all))"
            + " without"
    }

    private static func number(_ value: Double) -> JSONValue {
        JSONNumber(text: String(format: "%.4f", value)).map(JSONValue.number) ?? .null
    }
}
