import ArgumentParser
import CommandLineTool
import Foundation
import OpenSSL
import PowerEvents
import Settings
import StrictJSON

/// What every alert says beside its hints.
struct BreachArguments: ParsableArguments {
    @Option(name: .long, help: "The feed that is breached.")
    var feed = "main-a"

    @Option(name: .long, help: "warning or critical.")
    var severity = "warning"

    @Option(name: .long, help: "The measured load.")
    var load = "1.3MW"

    @Option(name: .long, help: "The load target that is breached.")
    var target = "1MW"

    func alert(
        _ status: BreachAlert.Status, breach: UUIDText, hints: [ShedHint] = []
    ) throws -> BreachAlert {
        guard let severity = BreachAlert.Severity(rawValue: severity) else {
            throw Failure("--severity: should be warning or critical (got \"\(severity)\")", code: 2)
        }
        guard let load = Quantities.power(load), let target = Quantities.power(target) else {
            throw Failure("--load and --target: should be powers such as 1.3MW", code: 2)
        }
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        return BreachAlert(
            feedTag: feed, status: status, severity: severity, breachID: breach, detectedAt: now,
            resolvedAt: status == .resolved ? now : nil,
            targetCorrelationID: UUIDText(randomBytes: try RandomBytes.draw(16)),
            loadConstraint: PowerQuantity(watts: target, unit: .megawatt),
            measuredLoad: PowerQuantity(watts: load, unit: .megawatt), shedHints: hints)
    }

    static func uuid(_ text: String, _ option: String) throws -> UUIDText {
        guard let id = UUIDText(text) else { throw Failure("\(option): is no UUID (got \"\(text)\")", code: 2) }
        return id
    }
}

struct AlertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert", abstract: "Signs and publishes a breach alert; prints the breach_id.",
        discussion: "A hint is TYPE:RESOURCE:ACTION:PRIORITY[:POWER], such as gpu:dgx-01-gpu0:power_cap:1:450W.")

    @OptionGroup var signer: SignerArguments
    @OptionGroup var details: BreachArguments

    @Option(name: .long, help: "An existing breach to go on with; a new one without it.")
    var breach: String?

    @Option(name: .long, help: "active or escalated.")
    var status = "active"

    @Option(name: .long, help: "A hint; may be repeated.")
    var hint: [String] = []

    @Option(name: .long, help: "A file with a JSON array of hints as the contract writes them.")
    var hints: String?

    func run() async throws {
        guard let status = BreachAlert.Status(rawValue: status), status != .resolved else {
            throw Failure("--status: should be active or escalated (got \"\(status)\")", code: 2)
        }
        let id =
            try breach.map { try BreachArguments.uuid($0, "--breach") }
            ?? UUIDText(randomBytes: RandomBytes.draw(16))
        let alert = try details.alert(status, breach: id, hints: try allHints())
        _ = try await signer.publish(.breachAlert, alert.json)
        print(id)
    }

    private func allHints() throws -> [ShedHint] {
        var all = try hint.map(Self.parse)
        if let hints {
            guard let data = FileManager.default.contents(atPath: hints) else {
                throw Failure("\(hints): the hints cannot be read", code: 2)
            }
            let list: [JSONValue]?
            do { list = try JSONValue(parsing: data).array } catch { throw Failure("\(hints): \(error)", code: 2) }
            guard let list else { throw Failure("\(hints): should be a JSON array of hints", code: 2) }
            for (index, hint) in list.enumerated() {
                do { all.append(try ShedHint(json: hint)) } catch {
                    throw Failure("\(hints): [\(index)]: \(error)", code: 2)
                }
            }
        }
        return all
    }

    private static func parse(_ text: String) throws -> ShedHint {
        let parts = text.split(separator: ":").map(String.init)
        guard (4...5).contains(parts.count), let type = ResourceType(rawValue: parts[0]),
            let action = ShedAction(rawValue: parts[2]), let priority = Int(parts[3]), priority >= 1
        else { throw Failure("--hint: should be TYPE:RESOURCE:ACTION:PRIORITY[:POWER] (got \"\(text)\")", code: 2) }
        var power: PowerQuantity?
        if parts.count == 5 {
            guard let watts = Quantities.power(parts[4]) else {
                throw Failure("--hint: \(parts[4]) is no power such as 450W", code: 2)
            }
            power = PowerQuantity(watts: watts, unit: parts[4].lowercased().hasSuffix("kw") ? .kilowatt : .watt)
        }
        return ShedHint(
            resourceID: parts[1], resourceType: type, action: action, priority: priority, targetPower: power)
    }
}

struct ResolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Signs and publishes that a breach is over.")

    @OptionGroup var signer: SignerArguments
    @OptionGroup var details: BreachArguments
    @Argument(help: "The breach_id.") var breach: String

    func run() async throws {
        let alert = try details.alert(.resolved, breach: BreachArguments.uuid(breach, "BREACH"))
        _ = try await signer.publish(.breachAlert, alert.json)
        print(breach)
    }
}
