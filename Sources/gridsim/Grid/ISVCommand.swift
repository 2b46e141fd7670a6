import ArgumentParser
import CommandLineTool
import FleetSimulator
import Foundation
import GridSimulator
import JOSE
import PowerEvents
import Settings
import StrictJSON
import Synchronization

struct ISVCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "isv",
        abstract:
            "Sends load targets, and says when each feed complies and for how long; exit 1 where one does not in time.")

    @OptionGroup var signer: SignerArguments
    @OptionGroup var interval: IntervalArguments

    @Option(
        name: .long,
        help: "A power, or a share of what the feed draws now, such as 70%; FEED=900kW for one feed. May be repeated.")
    var target: [String] = []

    @Flag(name: .long, help: "Remove the targets instead.") var remove = false
    @Option(name: .long, help: "A feed that a target without one is for; may be repeated. None means all.")
    var feed: [String] = []
    @Flag(name: .long, help: "Shed as far as no workload is hurt, and no further.") var bestEffort = false
    @Option(name: .long, help: "A power agent and the JWK set it signs with, as SOURCE=FILE; may be repeated.")
    var trust: [String]
    @Option(name: .long, help: "In what time every feed has to comply.") var within = "60s"
    @Option(name: .long, help: "How long to go on following afterwards.") var follow = "0"
    @Flag(name: .long, help: "Print one JSON object at the end instead of lines.") var json = false

    func run() async throws {
        let (source, key) = try signer.identity()
        let trusted = try TrustArgument.sources(trust, "--trust")
        let (within, follow) = (try Self.duration(within, "--within"), try Self.duration(follow, "--follow"))
        guard target.isEmpty == remove else { throw Failure("either --target or --remove", code: 2) }
        let service = try ISVService(
            signer: EventSigner(source: source, key: key, topicPrefix: signer.bus.topicPrefix),
            bus: signer.bus.options(), trusted: trusted, logger: BusArguments.logger)
        service.start()
        defer { service.stop() }
        try await signer.bus.awaitConnection { service.isConnected }
        let seen = Seen()
        let outcome = await Interruption.orResult { try await self.play(service, within, follow, seen) }
        switch (outcome, seen.log.withLock { $0 }) {
        case (.failure(let error)?, _): throw error
        // Interrupted or not, what was seen by then is told.
        case (_, let log?): try end(log, within)
        case (_, nil): throw Failure("interrupted", code: 130)
        }
    }

    /// What was seen so far, for an interruption in the middle.
    private final class Seen: Sendable {
        let log = Mutex<ComplianceLog?>(nil)
    }

    private func play(_ service: ISVService, _ within: Duration, _ follow: Duration, _ seen: Seen) async throws {
        let snapshots = SnapshotQueue(service.snapshots)
        defer { snapshots.stop() }
        let targets = try await self.targets(snapshots, within)
        let event = try await service.send(LoadTargetSet(targets: targets))
        guard let correlationID = event.correlationID else { throw Failure("the event has no correlationid") }
        say("sent \(event.type.rawValue), correlationid \(correlationID)")
        var log = ComplianceLog(
            correlationID: correlationID,
            feeds: targets.contains { $0.feedTags.isEmpty } ? [] : targets.flatMap(\.feedTags),
            isRemoval: remove, sentAt: event.time)
        let clock = ContinuousClock()
        let limit = clock.now + within
        seen.log.withLock { $0 = log }
        var end = limit
        var wasMet = false
        while clock.now < end, !Task.isCancelled {
            take(await snapshots.next(until: end), &log)
            seen.log.withLock { $0 = log }
            if log.isMet, !wasMet {
                wasMet = true
                end = clock.now + follow
            }
        }
    }

    private func take(_ item: (status: PowerStateStatus, correlationID: UUIDText?)?, _ log: inout ComplianceLog) {
        guard let item else { return }
        for line in log.take(item.status, correlationID: item.correlationID) {
            say("\(item.status.snapshotTime) \(line)")
        }
    }

    private func say(_ line: String) {
        guard !json else { return }
        print(line)
        fflush(nil)
    }

    // MARK: What is asked for

    private func targets(_ snapshots: SnapshotQueue, _ within: Duration) async throws -> [LoadTargetSet.Target] {
        let interval = try interval.interval(from: .now)
        if remove { return [.init(interval: interval, feedTags: feed, loadConstraint: nil)] }
        var all: [LoadTargetSet.Target] = []
        var loads: [(tag: String, load: PowerQuantity)]?
        for text in target {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let (feeds, value) = parts.count == 2 ? ([parts[0]], parts[1]) : (feed, text)
            guard let share = Quantities.share(value) else {
                let power = try PowerArgument.quantity(value, "--target")
                all.append(.init(interval: interval, feedTags: feeds, loadConstraint: power, bestEffort: bestEffort))
                continue
            }
            if loads == nil {
                guard let now = await snapshots.next(until: .now + within)?.status else {
                    throw Failure(
                        "--target: \(value) of what? No snapshot that can be believed came within \(self.within)")
                }
                loads = now.feeds.map { ($0.tag, $0.state.calculatedLoad) }
            }
            for (tag, load) in loads ?? [] where feeds.isEmpty || feeds.contains(tag) {
                let power = PowerQuantity(watts: load.watts.scaled(by: share), unit: load.unit)
                all.append(.init(interval: interval, feedTags: [tag], loadConstraint: power, bestEffort: bestEffort))
            }
            for tag in feeds where !(loads ?? []).contains(where: { $0.tag == tag }) {
                throw Failure("--target: no snapshot tells of a feed \"\(tag)\"")
            }
        }
        return all
    }

    private static func duration(_ text: String, _ option: String) throws -> Duration {
        guard let duration = Quantities.duration(text) else {
            throw Failure("\(option): should be a duration such as 60s (got \"\(text)\")", code: 2)
        }
        return duration
    }

    // MARK: What came of it

    private func end(_ log: ComplianceLog, _ limit: Duration) throws {
        if json {
            print(Self.json(log, isMet: log.isMet(within: limit)).text)
        } else {
            for (tag, feed) in log.feeds.sorted(by: { $0.key < $1.key }) {
                guard let time = log.timeToCompliance(of: tag) else {
                    print("\(tag): " + (feed.isScheduled ? "did not comply" : "no snapshot shows the target"))
                    continue
                }
                print(
                    "\(tag): compliant after \(Self.text(time)) s, for \(Self.text(feed.compliantFor)) s"
                        + (feed.interruptions > 0 ? ", with \(feed.interruptions) interruptions" : ""))
            }
            if log.feeds.isEmpty { print("no snapshot shows the target") }
        }
        fflush(nil)
        if !log.isMet(within: limit) { throw ExitCode(1) }
    }

    private static func text(_ duration: Duration) -> String { String(format: "%.1f", duration.seconds) }

    private static func json(_ log: ComplianceLog, isMet: Bool) -> JSONValue {
        func seconds(_ duration: Duration?) -> JSONValue {
            duration.flatMap { JSONNumber(($0.seconds * 1000).rounded() / 1000) }.map(JSONValue.number) ?? .null
        }
        var feeds = JSONObject()
        for (tag, feed) in log.feeds.sorted(by: { $0.key < $1.key }) {
            feeds[tag] = [
                "time_to_compliance_s": seconds(log.timeToCompliance(of: tag)),
                "compliant_for_s": seconds(feed.compliantFor), "compliant": .bool(feed.isCompliant),
                "interruptions": .number(JSONNumber(feed.interruptions)),
            ]
        }
        return ["correlationid": .string(log.correlationID.text), "met": .bool(isMet), "feeds": .object(feeds)]
    }
}

/// Sources and the files with their keys on the command line.
enum TrustArgument {
    static func sources(_ texts: [String], _ option: String) throws -> [EventSource: JWKSet] {
        var trusted: [EventSource: JWKSet] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let source = EventSource(parts[0]) else {
                throw Failure("\(option): should be //grid/v1/<role>/<identifier>=FILE (got \"\(text)\")", code: 2)
            }
            guard trusted[source] == nil else {
                throw Failure("\(option): \(source) stands here twice; one file a source", code: 2)
            }
            do { trusted[source] = try KeyFile.set(parts[1]) } catch { throw Failure("\(error)", code: 2) }
        }
        return trusted
    }
}
