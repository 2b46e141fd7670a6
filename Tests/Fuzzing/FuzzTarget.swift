import Foundation
import Inventory
import JOSE
import OpenSSL
import PowerEvents
import Redfish
import Settings
import Site
import StrictJSON

/// What is fed with whatever libFuzzer makes up. Each reads what strangers write; none may crash, hang, or disagree with
/// itself.
enum FuzzTarget: String, CaseIterable {
    /// Messages of the bus: JSON, envelope, payloads.
    case event
    /// Tokens and key sets.
    case jose
    /// What a BMC answers.
    case redfish
    /// Inventory, configuration, host ranges and topologies.
    case settings

    static let chosen: FuzzTarget = {
        let name = ProcessInfo.processInfo.environment["IMA_FUZZ"] ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            fatalError("IMA_FUZZ should be one of \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return target
    }()

    func feed(_ bytes: [UInt8]) {
        switch self {
        case .event: Self.event(bytes)
        case .jose: Self.jose(bytes)
        case .redfish:
            Self.lenient(bytes)
            FuzzedBMC.visit(bytes)
        case .settings: Self.settings(bytes)
        }
    }

    /// What was read leniently is written so that a strict reader reads the same.
    private static func lenient(_ bytes: [UInt8]) {
        let limits = JSONLimits(depth: 64, numberLength: 128)
        guard let json = try? JSONValue(parsing: bytes, limits: limits, dialect: .lenient) else { return }
        check((try? JSONValue(parsing: json.bytes, limits: .widest)) == json, "lenient JSON changed on its way")
        if let strict = try? JSONValue(parsing: bytes, limits: limits) {
            check(strict.bytes == json.bytes, "sound JSON was read differently")
        }
    }

    private static func event(_ bytes: [UInt8]) {
        guard let json = try? JSONValue(parsing: bytes) else { return }
        // What was read and written is read the same again.
        check((try? JSONValue(parsing: json.bytes)) == json, "JSON changed on its way out and in")
        if let event = try? CloudEvent(json: json), event.trace != nil {
            check((try? CloudEvent(json: event.json)) == event, "an envelope changed")
        }
        if let alert = try? BreachAlert(json: json), alert.status != .resolved {
            check((try? BreachAlert(json: alert.json)) == alert, "an alert changed")
        }
        if let report = try? Enforcement(json: json) {
            check((try? Enforcement(json: report.json)) == report, "an enforcement changed")
        }
        _ = try? LoadTargetSet(json: json)
        _ = try? PowerStateStatus(json: json)
    }

    private static let keys: JWKSet = {
        guard let key = try? SigningKey(PrivateKey.generate(.p256), keyID: "k"), let jwk = try? key.jwk(),
            let set = try? JWKSet([jwk])
        else { fatalError("no key") }
        return set
    }()

    private static func jose(_ bytes: [UInt8]) {
        // Nobody has the private key, so nothing may verify.
        let verified = try? JWS.verify(String(decoding: bytes, as: UTF8.self), keys: keys, now: 0)
        check(verified == nil, "a forged token verified")
        if let set = try? JWKSet(decoding: bytes), let json = try? set.json() {
            check((try? JWKSet(decoding: json.bytes))?.keyIDs == set.keyIDs, "a key set changed")
        }
    }

    private static func settings(_ bytes: [UInt8]) {
        if let json = try? JSONValue(parsing: bytes) { return topology(json) }
        let text = String(decoding: bytes, as: UTF8.self)
        _ = try? HostRange.expand(text)
        _ = BMC.Address(text)
        let problems = ProblemCollector()
        guard let file = SettingsFile.parse(text, file: "site.yaml", environment: ["S": "x"], problems: problems) else {
            check(!problems.all.isEmpty, "a file was refused without a reason")
            return
        }
        var reader = SiteReader(problems: problems, checksFiles: false)
        reader.read(file)
        _ = reader.finish()
    }
}

/// Like `precondition`, which keeps its words to itself in a release build.
func check(_ isSo: Bool, _ words: @autoclosure () -> String) {
    if !isSo { fatalError(words()) }
}

extension FuzzTarget {
    /// Whatever a topology says, its draft is an inventory with the same machines.
    static func topology(_ json: JSONValue) {
        guard let topology = try? DPSTopology(json: json) else { return }
        let problems = ProblemCollector()
        var reader = SiteReader(problems: problems, checksFiles: false)
        guard let file = SettingsFile.parse(topology.yaml, file: "draft", environment: [:], problems: problems) else {
            return check(false, "a draft is no YAML: \(problems.all)")
        }
        reader.read(file)
        let nodes = reader.finish().resources.values.count { $0.type == .node }
        check(nodes == topology.machines.count || !problems.all.isEmpty, "a machine was lost without a word")
    }
}

/// libFuzzer's own `main` is out of reach: the package manager gives every program one under a name of its own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("ima_fuzz_main")
public func start(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var count = count
    var arguments = arguments
    return runFuzzer(&count, &arguments) { data, size in
        FuzzTarget.chosen.feed(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    }
}
