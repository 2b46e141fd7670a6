import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// A limit by this agent's own policy in a Node Manager: opt-in, and put back exactly.
struct NodeManagerTests {
    private static let pins = Resource.Pins(nodeManager: true)

    private static func client(_ bmc: NodeManagerBMC) -> BMCClient {
        var options = RedfishOptions()
        options.agent = "prod"
        return BMCClient(
            bmc: FakeBMC.bmc, credentials: CredentialReference(username: "u", secret: .value("p")), transport: bmc,
            options: options)
    }

    private static func entry(_ pins: Resource.Pins = pins) -> ControlEntry { FakeBMC.entry(.node, pins: pins) }

    private static func reason(_ bmc: NodeManagerBMC, _ pins: Resource.Pins = pins) async -> BMCFault? {
        guard case .failure(let fault) = await client(bmc).read(entry(pins)) else { return nil }
        return fault
    }

    @Test func aPolicyOfOursIsCreatedChangedAndDeleted() async throws {
        let bmc = NodeManagerBMC()
        let before = bmc.tree.documents
        let client = Self.client(bmc)
        var entry = Self.entry()
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        let policy = try #require(bmc.tree.documents[NodeManagerBMC.own])
        #expect(policy["Limit"] == 6000)
        #expect(policy["PolicyStorage"] == "Volatile")
        #expect(policy["LimitException"] == "NoAction")
        #expect(policy["Domain"] == "ACTotalPlatformPower")
        #expect(policy["Trigger", "TriggerType"] == "AlwaysOn")
        #expect(bmc.tree.value(NodeManagerBMC.uri, "Status", "State") == "Enabled")
        #expect(bmc.tree.value(NodeManagerBMC.domain, "Status", "State") == "Enabled")
        // Tightened by a PATCH of the limit alone.
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(5000))]), through: client).code == .applied)
        #expect(bmc.tree.writes.last == .init(uri: NodeManagerBMC.own, body: ["Limit": 5000]))
        #expect(entry.prior?.fragment == ["NodeManager": "Disabled", "Domain": "Disabled"])
        #expect(await TreeBMC.converge(&entry, .prior, through: client).code == .applied)
        #expect(bmc.tree.documents == before)
    }

    @Test func whatWasOnStaysOn() async throws {
        let bmc = NodeManagerBMC()
        for uri in [NodeManagerBMC.uri, NodeManagerBMC.domain] { bmc.tree.enable(uri) }
        // In force already: nothing of it is this agent's doing.
        bmc.addPolicy("theirs", exception: "HardPowerOff")
        let before = bmc.tree.documents
        let client = Self.client(bmc)
        var entry = Self.entry()
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        #expect(await TreeBMC.converge(&entry, .prior, through: client).code == .applied)
        #expect(bmc.tree.documents == before)
        #expect(!bmc.tree.writes.contains { $0.uri.contains("theirs") || $0.uri.contains("ChangeState") })
    }

    @Test func withoutTheInventorysLeaveNothingIsCreated() async throws {
        let bmc = NodeManagerBMC()
        let fault = try #require(await Self.reason(bmc, .init()))
        #expect(fault.kind == .unsupported)
        #expect(fault.message.contains("node_manager: true"), "\(fault)")
        #expect(bmc.tree.writes.isEmpty)
    }

    /// A limit of its own comes first.
    @Test func aNodeWithALimitOfItsOwnNeedsNone() async throws {
        let reading = try await TreeBMC(WholeTrees.hpe).client.read(Self.entry()).get()
        #expect(reading.locator["dialect"]?.string != NodeManagerPolicy.name)
    }

    @Test(arguments: ["HardPowerOff", "Oem"]) func nothingIsSwitchedOnThatCutsThePower(exception: String) async throws {
        let bmc = NodeManagerBMC()
        bmc.addPolicy("theirs", exception: exception)
        let fault = try #require(await Self.reason(bmc))
        #expect(fault.kind == .unsupported)
        #expect(
            fault.message.contains("would put the policy theirs in force, whose exception is \(exception)"), "\(fault)")
        #expect(bmc.tree.writes.isEmpty)
    }

    @Test func aHarmlessOrDisabledPolicyIsNoReason() async throws {
        let bmc = NodeManagerBMC()
        bmc.addPolicy("theirs", exception: "LogEventOnly")
        bmc.addPolicy("off", exception: "HardPowerOff", state: "Disabled")
        let before = bmc.tree.documents
        let client = Self.client(bmc)
        var entry = Self.entry()
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        #expect(await TreeBMC.converge(&entry, .prior, through: client).code == .applied)
        #expect(bmc.tree.documents == before)
    }

    @Test func aPolicyThatCannotBeReadMayBeFatal() async throws {
        let bmc = NodeManagerBMC()
        bmc.addPolicy("theirs", exception: "NoAction")
        bmc.tree.spoil("\(NodeManagerBMC.policies)/theirs", 500)
        let fault = try #require(await Self.reason(bmc))
        #expect(fault.message.contains("cannot be read, and may cut the power"), "\(fault)")
    }

    /// Under our name, and it limits something else or would cut the power: that is no cap of ours, and goes.
    @Test(arguments: [("Domain", "MemorySubsystem"), ("LimitException", "HardPowerOff")])
    func aPolicyThatIsNotAsWeMadeItIsNoCap(key: String, value: String) async throws {
        let bmc = NodeManagerBMC()
        let before = bmc.tree.documents
        let client = Self.client(bmc)
        var entry = Self.entry()
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        var policy = try #require(bmc.tree.documents[NodeManagerBMC.own]?.object)
        policy[key] = .string(value)
        bmc.tree.set(NodeManagerBMC.own, .object(policy))
        #expect(try await client.read(entry).get().value == .limit(nil))
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        let anew = try #require(bmc.tree.documents[NodeManagerBMC.own])
        #expect(anew["LimitException"] == "NoAction" && anew["Domain"] == "ACTotalPlatformPower")
        bmc.tree.set(NodeManagerBMC.own, .object(policy))
        #expect(await TreeBMC.converge(&entry, .prior, through: client).code == .applied)
        #expect(bmc.tree.documents == before)
    }

    /// Somebody's policy that would be armed, and ours there already: ours is taken away all the same.
    @Test func whatIsOursIsTakenAwayWhateverElseThereIs() async throws {
        let bmc = NodeManagerBMC()
        let client = Self.client(bmc)
        var entry = Self.entry()
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        for uri in [NodeManagerBMC.uri, NodeManagerBMC.domain] { bmc.tree.enable(uri, "Disabled") }
        bmc.addPolicy("theirs", exception: "HardPowerOff")
        #expect(await TreeBMC.converge(&entry, .prior, through: client).code == .applied)
        #expect(bmc.tree.documents[NodeManagerBMC.own] == nil)
        #expect(bmc.tree.value(NodeManagerBMC.uri, "Status", "State") == "Disabled")
    }

    // MARK: Crashes and lost answers

    @Test(arguments: 1...3) func aLostAnswerLeavesOnePolicy(lost: Int) async throws {
        let bmc = NodeManagerBMC()
        let before = bmc.tree.documents
        bmc.loseAnswers(lost)
        let client = Self.client(bmc)
        var entry = Self.entry()
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        #expect(bmc.tree.documents[NodeManagerBMC.policies] == TreeBMC.members(NodeManagerBMC.own))
        bmc.loseAnswers(lost)
        #expect(await TreeBMC.converge(&entry, .prior, through: client).code == .applied)
        #expect(bmc.tree.documents == before)
    }

    /// The process ended after the POST; another one has the entry, with prior and intent.
    @Test func aCrashBetweenPostAndAnswerIsPutBack() async throws {
        let bmc = NodeManagerBMC()
        let before = bmc.tree.documents
        let first = Self.client(bmc)
        var entry = Self.entry()
        let reading = try await first.read(entry).get()
        entry.prior = .init(value: reading.value, fragment: reading.fragment, takenAt: .init(milliseconds: 0))
        entry.intend(.limit(Watts(6000)))
        bmc.loseAnswers(1)
        _ = await first.write(.limit(Watts(6000)), entry)
        #expect(bmc.tree.documents[NodeManagerBMC.own] != nil)
        let second = Self.client(bmc)
        // As it was, and looked at again, since the write was never answered.
        #expect(await TreeBMC.converge(&entry, .prior, through: second).ending == .failed(.writeMayStillTake))
        #expect(bmc.tree.documents == before)
    }

    /// A journal was lost: what stands under our name is no prior.
    @Test func aPolicyThatWasLeftBehindIsNoPrior() async throws {
        let bmc = NodeManagerBMC()
        let empty = try #require(bmc.tree.documents[NodeManagerBMC.policies])
        bmc.addPolicy("ima-prod", exception: "NoAction")
        let client = Self.client(bmc)
        var entry = Self.entry()
        #expect(try await client.read(entry).get().value == .limit(nil))
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        #expect(await TreeBMC.converge(&entry, .prior, through: client).code == .applied)
        #expect(bmc.tree.documents[NodeManagerBMC.policies] == empty)
    }

    @Test func firmwareThatNumbersPoliciesIsKnownByTheName() async throws {
        let bmc = NodeManagerBMC()
        bmc.numberPolicies()
        let before = bmc.tree.documents
        let client = Self.client(bmc)
        var entry = Self.entry()
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(5000))]), through: client).code == .applied)
        #expect(bmc.tree.value("\(NodeManagerBMC.policies)/1", "Limit") == 5000)
        #expect(await TreeBMC.converge(&entry, .prior, through: client).code == .applied)
        #expect(bmc.tree.documents == before)
    }

    @Test func somebodyElseSwitchesItOffAndItIsPutBackInForce() async throws {
        let bmc = NodeManagerBMC()
        let client = Self.client(bmc)
        var entry = Self.entry()
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        bmc.tree.enable(NodeManagerBMC.uri, "Disabled")
        #expect(try await client.read(entry).get().value == .limit(nil))
        #expect(await TreeBMC.converge(&entry, .demands([.cap(Watts(6000))]), through: client).code == .applied)
        #expect(bmc.tree.value(NodeManagerBMC.uri, "Status", "State") == "Enabled")
    }

    // MARK: What is recognised and refused

    @Test func nvidiasCustomDomainsAreRefused() async throws {
        let bmc = NodeManagerBMC()
        bmc.tree.set("\(NodeManagerBMC.uri)/Domains", TreeBMC.members("\(NodeManagerBMC.uri)/Domains/10"))
        bmc.tree.set(
            "\(NodeManagerBMC.uri)/Domains/10", ["@odata.type": "#NvidiaNmDomain.v1_2_0.NvidiaNmDomain", "Id": "10"])
        let fault = try #require(await Self.reason(bmc))
        #expect(fault.kind == .unsupported)
        #expect(fault.message.contains("custom domains of NVIDIA's Node Manager"), "\(fault)")
        #expect(bmc.tree.writes.isEmpty)
    }

    @Test func aStateThatCannotBeSwitchedIsRefused() async throws {
        let bmc = NodeManagerBMC()
        bmc.tree.set(NodeManagerBMC.domain, ["Id": "ACTotalPlatformPower", "Status": ["State": "Disabled"]])
        let fault = try #require(await Self.reason(bmc))
        #expect(fault.message.contains("offers no ChangeState"), "\(fault)")
        bmc.tree.set(NodeManagerBMC.domain, ["Id": "ACTotalPlatformPower", "Status": ["State": "Starting"]])
        #expect(try #require(await Self.reason(bmc)).message.contains("its domain shows \"Starting\" as its state"))
    }

    @Test func intelsPlaceIsFound() async throws {
        let bmc = NodeManagerBMC()
        bmc.tree.set("/redfish/v1/Managers/BMC", ["Id": "BMC"])
        #expect(try await Self.client(bmc).read(Self.entry()).get().locator["uri"]?.string == NodeManagerBMC.uri)
        var manager = try #require(bmc.tree.documents[NodeManagerBMC.uri]?.object)
        let intel = "/redfish/v1/Managers/BMC/Oem/Intel/NodeManager"
        manager["@odata.id"] = .string(intel)
        bmc.tree.set(intel, .object(manager))
        bmc.tree.set(NodeManagerBMC.uri, nil)
        #expect(try await Self.client(bmc).read(Self.entry()).get().locator["uri"]?.string == intel)
    }
}

extension TreeBMC {
    /// Changes what a resource says of its state.
    fileprivate func enable(_ uri: String, _ state: String = "Enabled") {
        var json = documents[uri]?.object ?? JSONObject()
        json["Status"] = ["State": .string(state)]
        set(uri, .object(json))
    }
}
