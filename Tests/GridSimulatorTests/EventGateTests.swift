import GridSimulator
import JOSE
import OpenSSL
import PowerEvents
import StrictJSON
import Testing

struct EventGateTests {
    private let source = EventSource(role: .isv, identifier: "acme")
    private let key: SigningKey
    private let signer: EventSigner
    private let now = Timestamp.now
    private let payload = LoadTargetSet(targets: [
        .init(feedTags: ["main-a"], loadConstraint: PowerQuantity(watts: Watts(1000), unit: .watt))
    ]).json

    init() throws {
        key = try SigningKey(PrivateKey.generate(.p256), keyID: "acme-1")
        signer = EventSigner(source: source, key: key)
    }

    private func gate(remembered: [String] = []) throws -> EventGate {
        EventGate(trusted: [source: try JWKSet([key.jwk()])], remembered: remembered)
    }

    private func open(_ gate: inout EventGate, _ event: CloudEvent, on topic: String? = nil) -> EventRefusal? {
        do throws(EventRefusal) {
            _ = try gate.open(
                topic: topic ?? signer.topic(event.type), payload: event.json.bytes, at: now)
            return nil
        } catch {
            return error
        }
    }

    @Test func anEventIsTakenOnceAndItsPayloadToo() throws {
        var gate = try gate()
        let event = try signer.event(.loadTargetSet, payload, time: now)
        #expect(open(&gate, event) == nil)
        #expect(open(&gate, event) == .repeated)
        var wrapped = event
        wrapped.id = try RandomID.draw()
        #expect(open(&gate, wrapped) == .repeated, "a captured payload in a fresh envelope")
        var later = try self.gate(remembered: gate.remembered)
        #expect(open(&later, wrapped) == .repeated, "after a restart as well")
    }

    @Test func onlySignedFreshAndInItsPlace() throws {
        var gate = try gate()
        var event = try signer.event(.loadTargetSet, payload, time: now)
        event.data = .unsigned(payload)
        #expect(open(&gate, event) == .unsigned)
        let old = try signer.event(.loadTargetSet, payload, time: now - .seconds(400))
        #expect(open(&gate, old) == .time(now - .seconds(400)))
        let fresh = try signer.event(.loadTargetSet, payload, time: now)
        guard case .misplaced? = open(&gate, fresh, on: "grid/v1/isv/other/loadtarget/set") else {
            Issue.record("another's topic")
            return
        }
        let other = EventSigner(source: EventSource(role: .isv, identifier: "other"), key: key)
        let foreign = try other.event(.loadTargetSet, payload, time: now)
        #expect(open(&gate, foreign, on: other.topic(.loadTargetSet)) == .unknownSource(other.source))
        let stranger = EventSigner(
            source: source, key: try SigningKey(PrivateKey.generate(.p256), keyID: "acme-1"))
        guard case .signature? = open(&gate, try stranger.event(.loadTargetSet, payload, time: now)) else {
            Issue.record("another's key")
            return
        }
        #expect(open(&gate, fresh) == nil)
    }
}
