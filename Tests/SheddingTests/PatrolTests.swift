import PowerEvents
import Site
import Testing

@testable import Shedding

struct PatrolTests {
    private static func bmc(_ number: Int) throws -> BMC {
        BMC(
            address: try #require(BMC.Address("https://10.0.0.\(number)")), credentials: "c", trust: .unverified)
    }

    private static func site() throws -> Site {
        Site(
            resources: [
                Resource(id: "rack", type: .chassis), Resource(id: "a", type: .node, bmc: try bmc(1), parent: "rack"),
                Resource(id: "a-gpu", type: .gpu, bmc: try bmc(1), parent: "a"),
                Resource(id: "login", type: .node, bmc: try bmc(2), isProtected: true),
            ], credentials: [:])
    }

    private static let start = Timestamp(milliseconds: 1_000_000)

    @Test func whatWasNeverSeenComesFirstThenAllInTurn() throws {
        var patrol = Patrol(every: .seconds(60), site: try Self.site())
        let address = try Self.bmc(1).address
        var seen: [String] = []
        for _ in 0..<4 {
            let step = patrol.next(at: address)
            let next = try #require(step)
            #expect(next.isKnown == (seen.count >= 2))
            seen.append(next.resource.id)
            patrol.didSee(next.resource.id)
        }
        #expect(seen == ["a", "a-gpu", "a", "a-gpu"])
        #expect(!patrol.isNew(address))
        // Protected machines and places without a BMC are not visited.
        let none = patrol.next(at: try Self.bmc(2).address)
        #expect(none == nil)
    }

    @Test func eachBMCOnceARoundEvenlySpread() throws {
        let resources = try (1...4).map { Resource(id: "n\($0)", type: .node, bmc: try Self.bmc($0)) }
        var patrol = Patrol(every: .seconds(60), site: Site(resources: resources, credentials: [:]))
        var times: [Int] = []
        for second in 0..<120 {
            while patrol.due(now: Self.start + .seconds(second)) != nil {
                times.append(second)
                patrol.didSend()
            }
        }
        #expect(times == [0, 15, 30, 45, 60, 75, 90, 105])
    }

    @Test func withoutAPeriodThereIsNone() throws {
        var patrol = Patrol(every: nil, site: try Self.site())
        #expect(patrol.nextDue == nil)
        let due = patrol.due(now: Self.start)
        #expect(due == nil)
    }

    /// A login that is good, and a refusal after it: another resource of the BMC tells whose trouble that is.
    @Test func whatMayBeOfOneResourceIsAskedOfAnother() throws {
        let trouble = BMCTrouble(.unauthorized, "401 right after a login", isCertain: false)
        let address = try Self.bmc(1).address
        var patrol = Patrol(every: .seconds(60), site: try Self.site())
        for resource in ["a", "a-gpu"] { patrol.didSee(resource) }
        let isInDoubt1 = patrol.didLook(at: address, "a", trouble, now: Self.start)
        #expect(isInDoubt1)
        #expect(patrol.health[address].state == .unknown)
        // The other is well: it was the resource.
        let isInDoubt2 = patrol.didLook(at: address, "a-gpu", nil, now: Self.start)
        #expect(!isInDoubt2)
        #expect(patrol.health[address].state == .healthy && !patrol.isNew(address))
        // The other is not: it is the BMC.
        let isInDoubt3 = patrol.didLook(at: address, "a", trouble, now: Self.start)
        #expect(isInDoubt3)
        #expect(patrol.health[address].state == .healthy)
        let isInDoubt4 = patrol.didLook(at: address, "a-gpu", trouble, now: Self.start)
        #expect(!isInDoubt4)
        #expect(patrol.health[address].state == .failing)
        // All of it is found out anew, as soon as it is well.
        #expect(patrol.isNew(address))
    }

    /// One resource alone is its BMC.
    @Test func theOnlyResourceIsItsBMC() throws {
        let address = try Self.bmc(1).address
        let node = Resource(id: "n", type: .node, bmc: try Self.bmc(1))
        var patrol = Patrol(every: .seconds(60), site: Site(resources: [node], credentials: [:]))
        let isInDoubt5 = patrol.didLook(at: address, "n", BMCTrouble(.unauthorized, "no", isCertain: false), now: Self.start)
        #expect(!isInDoubt5)
        #expect(patrol.health[address].state == .failing)
    }
}
