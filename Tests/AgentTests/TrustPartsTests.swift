import JOSE
import Logging
import OpenSSL
import PowerEvents
import Settings
import Shedding
import StrictJSON
import Synchronization
import TestSupport
import Testing

@testable import Agent

struct TrustPartsTests {
    private func id(_ number: UInt8) -> UUIDText { UUIDText(randomBytes: [UInt8](repeating: number, count: 16)) }

    @Test func anEchoThatDoesNotComeIsOverdueOnce() {
        let watch = EchoWatch()
        let start = ContinuousClock.now
        watch.published(id(1), at: start)
        #expect(watch.overdue(at: start + .seconds(60)).isEmpty, "nobody listens")
        watch.listen(true)
        for number in 1...3 { watch.published(id(UInt8(number)), at: start) }
        watch.heard(id(2))
        #expect(watch.overdue(at: start + .seconds(15)).isEmpty)
        #expect(watch.overdue(at: start + .seconds(16)) == [id(1), id(3)])
        #expect(watch.overdue(at: start + .seconds(60)).isEmpty)
        // An echo can overtake the acknowledgement.
        watch.heard(id(4))
        watch.published(id(4), at: start)
        #expect(watch.overdue(at: start + .seconds(60)).isEmpty)
        watch.published(id(5), at: start)
        watch.listen(false)
        #expect(watch.overdue(at: start + .seconds(60)).isEmpty)
    }

    @Test func aFloodOfRefusalsIsAFewLines() {
        let log = RefusalLog(
            metrics: AgentMetrics(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let start = ContinuousClock.now
        let written = (0..<1000).count { _ in log.admit("stale", now: start).isWritten }
        #expect(written == RefusalLog.burst)
        let kept = (0..<1000).count { _ in log.admit("bad_envelope", now: start).isKept }
        #expect(kept == RefusalLog.rows, "rows of the journal are bounded as well")
        #expect(log.admit("bad_signature", now: start).isWritten)
        let later = log.admit("stale", now: start + RefusalLog.period)
        #expect(later.isWritten)
        #expect(later.silent == 990)
    }

    private func read(_ yaml: String) -> (AgentConfiguration.Limits, Policy, [Problem]) {
        let problems = ProblemCollector()
        var policy = Policy()
        let file = SettingsFile.parse("limits: \(yaml)", file: "ima.yaml", environment: [:], problems: problems)
        let limits = LimitsReader.read(file?.members(["limits"])["limits"], policy: &policy)
        return (limits, policy, problems.all)
    }

    @Test func limitsAreReadAndBounded() {
        let (limits, policy, problems) = read(
            "{ message: 64KiB, json_depth: 16, number_length: 32, hints: 10, open_breaches: 2, bmc_answer: 1MiB }")
        #expect(problems.isEmpty)
        #expect(limits.messageBytes == 65_536 && limits.json.depth == 16 && limits.json.numberLength == 32)
        #expect(limits.answerBytes == 1 << 20)
        #expect(policy.maxHints == 10 && policy.maxOpenBreaches == 2)
        for bad in ["{ message: 100 }", "{ message: 1000MiB }", "{ hints: 0 }", "{ json_depth: 2 }", "{ hint: 5 }"] {
            #expect(read(bad).2.count == 1, "\(bad)")
        }
    }

    /// Each bound at its edge and one past it.
    @Test func boundsAreKeptExactly() throws {
        let folder = try TemporaryFolder()
        let key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        try folder.write(JWKSet([key.jwk()]).json().text, to: "keys.json")
        let source = EventSource(role: .powerAgent, identifier: "dps")
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let trust = try TrustStore(
            [.init(source: source.description, jwks: folder.path("keys.json"), allowUnsigned: false)], logger: quiet)
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let power = PowerQuantity(watts: Watts(1000), unit: .watt)
        let alert = BreachAlert(
            feedTag: "f", status: .active, severity: .warning, breachID: id(1), detectedAt: now,
            targetCorrelationID: id(2), loadConstraint: power, measuredLoad: power)
        func nested(_ depth: Int) -> JSONValue {
            (1..<depth).reduce(JSONValue.array([])) { inner, _ in .array([inner]) }
        }
        func reason(_ payload: JSONValue, bytes: Int? = nil, depth: Int = 32) throws -> RefusalReason? {
            let event = CloudEvent(
                id: id(3), source: source, type: .breachAlert, time: now, trace: nil,
                data: .signed(try JWS.sign(payload.bytes, with: key)))
            var object = try #require(event.json.object)
            object["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let message = JSONValue.object(object).bytes
            var limits = AgentConfiguration.Limits()
            limits.messageBytes = message.count + (bytes ?? 0)
            limits.json = JSONLimits(depth: depth, numberLength: 20)
            let gate = AlertGate(
                trust: trust, topicPrefix: "", maximumAge: .seconds(60), limits: limits, logger: quiet)
            do throws(Refusal) {
                _ = try gate.admit(topic: "grid/v1/poweragent/dps/powerbreach", payload: message, now: now)
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(try reason(alert.json) == nil)
        #expect(try reason(alert.json, bytes: -1) == .tooLarge)
        var deep = try #require(alert.json.object)
        deep["extra"] = nested(16)
        #expect(try reason(.object(deep), depth: 16) == nil)
        deep["extra"] = nested(17)
        #expect(try reason(.object(deep), depth: 16) == .badPayload)
        var long = try #require(alert.json.object)
        long["extra"] = .number(try #require(JSONNumber(text: "1" + String(repeating: "0", count: 19))))
        #expect(try reason(.object(long)) == nil)
        long["extra"] = .number(try #require(JSONNumber(text: "1" + String(repeating: "0", count: 20))))
        #expect(try reason(.object(long)) == .badPayload)
    }

    @Test func foreignTextIsShortAndOnOneLine() {
        #expect(ForeignText.clean("kid \"dgx-ü\"") == "kid \"dgx-ü\"")
        #expect(ForeignText.clean("a\nFORGED\u{1B}[2J\u{2028}\u{202E}") == "a\\u{a}FORGED\\u{1b}[2J\\u{2028}\\u{202e}")
        let long = ForeignText.clean(String(repeating: "x", count: 1_000_000))
        #expect(long.count == ForeignText.longest + 1 && long.hasSuffix("…"))
    }
}
