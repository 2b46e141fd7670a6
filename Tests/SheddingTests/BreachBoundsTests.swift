import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

/// What keeps a book from doing, holding or saying too much.
struct BreachBoundsTests {
    @Test func noFurtherSuspendsWhenMostOfAPlanIsOutOfReach() {
        var world = BreachWorld { $0.maxSuspended = .percent(100) }
        let lost = BMCFault(.unreachable, "no route")
        for name in ["n1", "n2", "n3"] { world.faults[ControlKey(resource: name, facet: .powerLimit)] = lost }
        world.accept(
            Fixture.alert(
                1, .active,
                ["n1", "n2", "n3"].map { Fixture.hint($0, priority: 1, watts: 700) }
                    + [Fixture.hint("n4", .suspend, priority: 2)]))
        world.work()
        #expect(!world.isDown("n4"))
        #expect(world.lastReport?.results.last?.code == .skipped)
        #expect(world.lastReport?.results.last?.message?.contains("max_unreachable") == true)
    }

    @Test func anOverdueBreachAlarmsAndStaysHeld() {
        var world = BreachWorld { $0.maxHold = .seconds(3600) }
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.now = world.now + .seconds(3601)
        let actions = world.book.tick(now: world.now)
        #expect(actions.contains { if case .alarm = $0 { true } else { false } })
        world.perform(actions)
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 700)
    }

    @Test func largeReportsAreSplitWithoutLosingAResult() {
        let results = (0..<1000).map {
            EnforcementResult(
                resourceID: "node-\($0)", resourceType: .node, requestedAction: .powerCap, code: .applied,
                message: String(repeating: "m", count: 50))
        }
        let report = Report(
            enforcement: Enforcement(
                breachID: Fixture.id(1), feedTag: "f", action: .applied, code: .success, results: results,
                timestamp: Fixture.start),
            origin: Fixture.origin)
        let parts = report.split(maximumPayloadBytes: 20_000)
        #expect(parts.count > 5)
        #expect(parts.flatMap(\.results) == results)
        #expect(parts.allSatisfy { $0.json.bytes.count <= 20_000 })
    }

    /// Beyond what a broker takes, an event would never be sent.
    @Test func noTextMakesAnEventTooLarge() {
        for text in [
            String(repeating: "m", count: 5000), String(repeating: "\u{1}", count: 5000),
            "a" + String(repeating: "\u{301}", count: 5000),
        ] {
            let result = EnforcementResult(
                resourceID: "n", resourceType: .node, requestedAction: .powerCap, code: .failed, message: text)
            let report = Report(
                enforcement: Enforcement(
                    breachID: Fixture.id(1), feedTag: "f", action: .applied, code: .error, results: [result, result],
                    timestamp: Fixture.start),
                origin: Fixture.origin)
            let parts = report.split(maximumPayloadBytes: 1900)
            #expect(parts.flatMap(\.results).count == 2)
            #expect(parts.allSatisfy { $0.json.bytes.count <= 1900 })
            #expect(parts.flatMap(\.results).allSatisfy { $0.message?.hasSuffix("… (cut)") == true })
        }
    }

    @Test func whatABMCSaysAtLengthIsCut() {
        let long = String(repeating: "a", count: 3_000_000)
        let fault = BMCFault(.invalidAnswer, long)
        #expect(fault.message.utf8.count == 1000 && fault.message.hasSuffix("… (cut)"))
        let again = FailureReason.bmc(.circuitOpen, BMCFault.circuitOpen(after: fault.message).message, retries: 0)
        #expect(again.cause == FailureReason.bmc(.unreachable, fault.message, retries: 0).cause)
        #expect(MachineIdentity(uuid: nil, serial: long) == nil)

        var reading = Reading(
            value: .mode("Eco"), fragment: .null, modes: ["Eco", long] + (0..<100).map { "m\($0)" } + ["Eco"],
            resetTypes: ["On", .other(long), "GracefulShutdown", "On"])
        reading.objection = long
        guard case .success(let bounded) = reading.bounded else { return #expect(Bool(false)) }
        #expect(bounded.modes.count == 32 && bounded.modes.first == "Eco")
        #expect(bounded.resetTypes == ["On", "GracefulShutdown"])
        #expect(bounded.objection?.utf8.count == 1000)
        // A part of these is another one.
        for strange in [
            Reading(value: .limit(nil), fragment: .string(long)), Reading(value: .mode(long), fragment: .null),
            Reading(value: .limit(nil), fragment: .null, locator: .string(long)),
        ] {
            guard case .failure(let fault) = strange.bounded else { return #expect(Bool(false)) }
            #expect(fault.kind == .invalidAnswer)
        }
    }

    @Test func hintsAndOpenBreachesAreBounded() {
        var policy = Policy()
        policy.maxHints = 2
        policy.maxOpenBreaches = 2
        var book = Breaches(site: Fixture.site, policy: policy)
        let now = Fixture.start
        let hints = ["n1", "n2", "n3"].map { Fixture.hint($0, watts: 500) }
        #expect(book.objection(to: Fixture.alert(1, .active, hints), source: "s", now: now) == .tooManyHints)
        for breach in 1...2 {
            let alert = Fixture.alert(breach, .active, Array(hints.prefix(2)))
            #expect(book.objection(to: alert, source: Fixture.origin.source, now: now) == nil)
            _ = book.accept(alert, origin: Fixture.origin, now: now)
        }
        let source = Fixture.origin.source
        #expect(book.objection(to: Fixture.alert(3), source: source, now: now) == .tooManyBreaches)
        // What is open can still grow and end, and an end that nobody knows is harmless.
        #expect(book.objection(to: Fixture.alert(2, .escalated), source: source, now: now) == nil)
        #expect(book.objection(to: Fixture.alert(3, .resolved), source: source, now: now) == nil)
        // Whatever hints come with it.
        #expect(book.objection(to: Fixture.alert(1, .resolved, hints), source: source, now: now) == nil)
        _ = book.accept(Fixture.alert(1, .resolved), origin: Fixture.origin, now: now)
        #expect(book.objection(to: Fixture.alert(3), source: source, now: now) == nil)
    }

    /// No source crowds out another.
    @Test func limitsAreEachSourcesOwn() {
        var policy = Policy()
        policy.maxHints = 2
        policy.maxOpenBreaches = 3
        var book = Breaches(site: Fixture.site, policy: policy)
        let now = Fixture.start
        for breach in 1...3 { _ = book.accept(Fixture.alert(breach), origin: Fixture.origin, now: now) }
        #expect(book.objection(to: Fixture.alert(4), source: Fixture.origin.source, now: now) == .tooManyBreaches)
        #expect(book.objection(to: Fixture.alert(4), source: "other", now: now) == nil)
        // The hints of all of a source's breaches together are bounded, too.
        for (number, pair) in [("n1", "n2"), ("n3", "n4"), ("n5", "n6"), ("n7", "n8")].enumerated() {
            let alert = Fixture.alert(1 + number % 3, .escalated, [Fixture.hint(pair.0), Fixture.hint(pair.1)])
            #expect(book.objection(to: alert, source: Fixture.origin.source, now: now) == nil)
            _ = book.accept(alert, origin: Fixture.origin, now: now)
        }
        let more = Fixture.alert(2, .escalated, [Fixture.hint("store")])
        #expect(book.objection(to: more, source: Fixture.origin.source, now: now) == .tooManyHints)
        let same = Fixture.alert(2, .escalated, [Fixture.hint("n3"), Fixture.hint("n4")])
        #expect(book.objection(to: same, source: Fixture.origin.source, now: now) == nil)
        #expect(
            book.objection(to: Fixture.alert(9, .active, [Fixture.hint("store")]), source: "other", now: now) == nil)
        #expect(book.objection(to: Fixture.alert(2, .resolved), source: Fixture.origin.source, now: now) == nil)
    }

    @Test func theOldestEndsOfUnknownBreachesAreForgotten() {
        var book = Breaches(site: Fixture.site, policy: Policy())
        func end(_ number: Int, source: String) -> BreachAlert {
            var alert = Fixture.alert(1, .resolved)
            alert.breachID = UUIDText(randomBytes: withUnsafeBytes(of: number.bigEndian) { Array($0) + Array($0) })
            let origin = Breach.Origin(source: source, trace: nil, correlationID: nil)
            _ = book.accept(alert, origin: origin, now: Fixture.start + .seconds(number))
            return alert
        }
        let other = end(0, source: "other")
        let first = end(1, source: "s")
        _ = book.takeChanges()
        for number in 2...1025 { _ = end(number, source: "s") }
        let changes = book.takeChanges()
        #expect(changes.removedBreaches == [first.breachID])
        #expect(book.breaches.values.count { $0.origin.source == "s" } == 1024)
        #expect(book.breaches[other.breachID] != nil)
    }

    /// The wall clock was set back two hours while the agent was down: a wait stays as long as it was.
    @Test func aClockSetBackLengthensNoWait() {
        var policy = Policy()
        policy.holdDown = .seconds(30)
        let later = Fixture.start + .seconds(7200)
        var holding = Breach(
            id: Fixture.id(1), origin: Fixture.origin, feed: "f", isCritical: true, openedAt: later,
            holdDown: .seconds(30))
        holding.phase = .holdingDown(until: later + .seconds(30))
        var book = Breaches(site: Fixture.site, policy: policy, breaches: [holding])
        _ = book.resume(now: Fixture.start)
        #expect(book.breaches[holding.id]?.phase == .holdingDown(until: Fixture.start + .seconds(30)))
    }
}
