import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// Writes that were accepted with 202 and obeyed, whatever becomes of their task.
struct TaskTests {
    static let monitor = "/redfish/v1/TaskService/Tasks/1/Monitor"

    private func write(_ accepted: FakeBMC.Answer, _ monitor: FakeBMC.Answer...) async -> (FakeBMC, BMCFault?) {
        let bmc = FakeBMC([ConversationTests.uri: ["PowerLimitWatts": ["SetPoint": 700]]])
        let client = bmc.client
        _ = await client.read(ConversationTests.entry)
        bmc.script(.patch, accepted)
        for answer in monitor { bmc.script(.get, answer) }
        let result = await client.write(.limit(Watts(500)), ConversationTests.entry)
        if case .failure(let fault) = result { return (bmc, fault) }
        return (bmc, nil)
    }

    private static let accepted = FakeBMC.Answer(status: 202, headers: [("Location", monitor)])

    /// A monitor gives the answer to the write itself in the end; and it is believed as little as any other.
    @Test(arguments: [
        FakeBMC.Answer(status: 400), .init(status: 401), .init(status: 403), .init(status: 409), .init(status: 500),
        .init(status: 302, headers: [("Location", "https://elsewhere/x")]), .init(error: .connectionLost),
        .init(error: .couldNotConnect, mayHaveBeenObeyed: false), .init(error: .timeout),
        .init(body: ["TaskState": "Exception"]), .init(status: 999),
    ])
    func whateverBecomesOfTheTaskTheEffectIsUnknown(answer: FakeBMC.Answer) async {
        let (bmc, fault) = await write(Self.accepted, .init(status: 202), answer, answer)
        #expect(fault?.kind == .unknownEffect)
        #expect(fault?.message.contains(ConversationTests.uri) == true)
        #expect(bmc.seen(.patch).count == 1)
    }

    @Test func aTaskIsFollowedToItsEnd() async {
        let (bmc, fault) = await write(Self.accepted, .init(status: 202), .init(body: ["TaskState": "Completed"]))
        #expect(fault == nil)
        #expect(bmc.seen(.get).suffix(2).allSatisfy { $0.uri == Self.monitor })
    }

    @Test func aMonitorThatIsBusyIsAskedAgain() async {
        let (bmc, fault) = await write(
            Self.accepted, .init(status: 503, headers: [("Retry-After", "1")]), .init(status: 204))
        #expect(fault == nil)
        #expect(bmc.seen(.get).suffix(2).allSatisfy { $0.uri == Self.monitor })
    }

    @Test(
        arguments: [
            (Self.monitor, nil), ("https://bmc.example:8443" + Self.monitor, nil),
            ("http://10.0.0.1" + Self.monitor, nil),
            ("redfish/v1/TaskService/Tasks/1/Monitor", nil), ("../../TaskService/Tasks/1/Monitor", nil),
            (nil, ["@odata.type": "#Task.v1_4_3.Task", "@odata.id": .string(Self.monitor)]),
            (nil, ["TaskMonitor": .string(Self.monitor), "@odata.id": "/redfish/v1/TaskService/Tasks/1"]),
        ] as [(String?, JSONValue?)])
    func theMonitorIsFoundHoweverItIsNamed(location: String?, body: JSONValue?) throws {
        let response = HTTPResponse(
            status: 202, headers: location.map { [("Location", $0)] } ?? [], body: body?.bytes ?? [], elapsed: .zero)
        #expect(TaskMonitor.target(response, of: ConversationTests.uri, on: FakeBMC.bmc.address) == Self.monitor)
    }

    /// It may have been done where it was sent first.
    @Test(arguments: [
        FakeBMC.Answer(status: 400), .init(status: 403), .init(status: 404), .init(status: 503), .init(status: 308),
        .init(status: 307, headers: [("Location", "https://elsewhere/x")]), .init(error: .connectionLost),
        .init(error: .couldNotConnect, mayHaveBeenObeyed: false),
    ])
    func aWriteThatIsLostBehindARedirectIsUnknown(answer: FakeBMC.Answer) async {
        let bmc = FakeBMC([ConversationTests.uri: ["PowerLimitWatts": ["SetPoint": 700]]])
        let client = bmc.client
        _ = await client.read(ConversationTests.entry)
        bmc.script(.patch, .init(status: 308, headers: [("Location", ConversationTests.uri + "/")]), answer)
        guard case .failure(let fault) = await client.write(.limit(Watts(500)), ConversationTests.entry) else {
            Issue.record("was believed")
            return
        }
        #expect(fault.kind == .unknownEffect)
    }

    /// A reset that was answered by 401 may have been done; sent again, it would be two.
    @Test func aWriteIsNotRepeatedAfterA401() async throws {
        let bmc = ControlSearchTests.node([:])
        let entry = FakeBMC.entry(.node, .powerState)
        let client = bmc.client
        _ = try await client.read(entry).get()
        bmc.script(.post, .init(status: 401))
        guard case .failure(let fault) = await client.write(.reset(.gracefulShutdown), entry) else {
            Issue.record("was believed")
            return
        }
        #expect(fault.kind == .unknownEffect)
        #expect(bmc.seen(.post).count { $0.uri.hasSuffix("ComputerSystem.Reset") } == 1)
        _ = try await client.read(entry).get()
    }
}
