import ArgumentParser
import CommandLineTool
import GridSimulator
import PowerEvents
import Settings

/// When a load target is to hold.
struct IntervalArguments: ParsableArguments {
    @Option(name: .long, help: "From when on: a time such as 2026-11-21T04:20:00Z, or from now, such as 10m.")
    var start: String?

    @Option(name: .long, help: "Until when: a time, or after its start, such as 1h. Without it until it is replaced.")
    var end: String?

    /// The start is always said: two targets that are alike are then still two payloads, and no replay.
    func interval(from now: Timestamp) throws -> Interval {
        let start = try start.map { try Self.time($0, after: now, "--start") } ?? now
        let end = try end.map { try Self.time($0, after: start, "--end") }
        if let end, end <= start { throw Failure("--end: should be after the start", code: 2) }
        return Interval(start: start, end: end)
    }

    private static func time(_ text: String, after other: Timestamp, _ option: String) throws -> Timestamp {
        if let time = Timestamp(text) { return time }
        if let duration = Quantities.duration(text) { return other + duration }
        throw Failure("\(option): should be a time or a duration such as 10m (got \"\(text)\")", code: 2)
    }
}

/// Powers on the command line.
enum PowerArgument {
    /// In the unit in which it was written.
    static func quantity(_ text: String, _ option: String) throws -> PowerQuantity {
        guard let watts = Quantities.power(text) else {
            throw Failure("\(option): should be a power such as 900kW (got \"\(text)\")", code: 2)
        }
        return PowerQuantity(watts: watts, unit: PowerAgentSettings.unit(text))
    }
}
