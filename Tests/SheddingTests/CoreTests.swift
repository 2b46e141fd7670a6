import PowerEvents
import Testing

@testable import Shedding

/// The one door: what comes out in which order, whatever comes in between.
struct CoreTests {
    private static func hint(_ resource: String, _ watts: Int, priority: Int = 1) -> ShedHint {
        Fixture.hint(resource, priority: priority, watts: watts)
    }

    // MARK: Before a write

    @Test func nothingIsWrittenBeforePriorAndIntentAreDurable() throws {
        var world = CoreWorld()
        world.alert(Fixture.alert(1, .active, [Self.hint("n1", 700)]))
        // Looking needs no record.
        #expect(world.reads == ["n1"])
        try world.answerRead("n1", Fixture.limit(900))
        #expect(world.writes.isEmpty)
        let intent = try #require(world.batches.last)
        #expect(intent.patience == .once)
        #expect(intent.records.changes.controls.first?.entry.prior?.value == .limit(Watts(900)))
        world.commitAll()
        #expect(world.writes.count == 1)
    }

    /// While the disk is at work much can happen; what was resolved then is not begun.
    @Test func resolvedWhileTheIntentIsOnItsWayIsNotWritten() throws {
        var world = CoreWorld()
        world.alert(Fixture.alert(1, .active, [Self.hint("n1", 700)]))
        try world.answerRead("n1", Fixture.limit(900))
        world.alert(Fixture.alert(1, .resolved))
        world.commitAll()
        #expect(world.writes.isEmpty)
    }

    @Test func frozenWhileTheIntentIsOnItsWayIsNotWritten() throws {
        var world = CoreWorld()
        world.alert(Fixture.alert(1, .active, [Self.hint("n1", 700)]))
        try world.answerRead("n1", Fixture.limit(900))
        world.step(.command(.freeze(Freeze())))
        world.commitAll()
        #expect(world.writes.isEmpty)
        world.step(.command(.thaw(nil)))
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(900))
        world.commitAll()
        #expect(world.writes.count == 1)
    }

    @Test func aDiskThatRefusesAnIntentIsAskedAgainAfterAPause() throws {
        var world = CoreWorld()
        world.alert(Fixture.alert(1, .active, [Self.hint("n1", 700)]))
        try world.answerRead("n1", Fixture.limit(900))
        world.commit()
        world.commit(false)
        #expect(world.writes.isEmpty && world.batches.isEmpty)
        let wake = world.effects.compactMap { effect -> (RunID, Duration)? in
            if case .wake(let id, let delay) = effect { (id, delay) } else { nil }
        }
        let (id, delay) = try #require(wake.first)
        world.now = world.now + delay
        world.step(.woke(id))
        world.commitAll()
        #expect(world.writes.count == 1)
    }

    // MARK: Order

    @Test func aShedGoesBeforeAReleaseThatWaitsOnTheSameBMC() throws {
        var world = CoreWorld { $0.holdDown = .seconds(1) }
        world.alert(Fixture.alert(1, .active, [Self.hint("n1-gpu0", 500)]))
        try world.cap("n1-gpu0", from: 900, to: 500)
        world.alert(Fixture.alert(1, .resolved))
        world.commitAll()
        world.pass(.seconds(2))
        world.commitAll()
        // The release is read, written, and not obeyed at once: it waits.
        try world.answerRead("n1-gpu0", Fixture.limit(500))
        world.commitAll()
        try world.answerWrite("n1-gpu0")
        try world.answerRead("n1-gpu0", Fixture.limit(500))
        #expect(world.reads.isEmpty)
        world.alert(Fixture.alert(2, .active, [Self.hint("n1-gpu1", 400)]))
        #expect(world.reads == ["n1-gpu1"], "the release gave way")
        try world.cap("n1-gpu1", from: 900, to: 400)
        // And comes back when there is nothing more urgent.
        world.commitAll()
        #expect(world.effects.contains { if case .wake = $0 { true } else { world.reads == ["n1-gpu0"] } })
    }

    @Test func lowerNumbersGoFirstOnABMCAndMoreThanThereIsRoomForWait() {
        var world = CoreWorld(slots: 1)
        world.alert(
            Fixture.alert(1, .active, [Self.hint("n1", 700, priority: 3), Self.hint("n2", 700, priority: 1)]))
        #expect(world.reads == ["n2"])
    }

    // MARK: Many hints

    /// The records of a large alert go to the disk before its controls are laid out; whatever comes next finishes that.
    @Test func whateverComesNextFinishesALargeAlert() {
        for input in [Input.proceed, .time, .subscribed, .command(.freeze(Freeze())), .command(.thaw(nil))] {
            var world = CoreWorld()
            let unknown = (0...Core.largeThreshold).map { Fixture.hint("unknown-\($0)", watts: 500, type: .node) }
            world.alert(Fixture.alert(1, .active, unknown + [Self.hint("n1", 700)]))
            #expect(world.reads.isEmpty)
            #expect(world.batches.count == 1)
            world.step(input)
            if case .command(.freeze(Freeze())) = input {
                #expect(world.core.book.isFrozen)
            } else {
                #expect(world.reads == ["n1"], "\(input)")
            }
        }
    }

    @Test func theShellIsToldToGoOnAtOnce() {
        var world = CoreWorld()
        let hints = (0...Core.largeThreshold).map { Fixture.hint("unknown-\($0)", watts: 500, type: .node) }
        let received = ReceivedAlert(
            sequence: 1, source: Fixture.origin.source, time: world.now, receivedAt: world.now,
            eventID: Fixture.id(1), mark: PayloadMark(source: "s", digest: "1"),
            alert: Fixture.alert(1, .active, hints))
        let first = world.step(.alert(received))
        let second = world.step(.proceed)
        #expect(first.isUnfinished && !second.isUnfinished)
    }

    // MARK: The disk

    /// What becomes due while the disk refuses is not piled up.
    @Test func aStuckDiskPilesUpNothing() {
        var world = CoreWorld { $0.republishEvery = .seconds(1) }
        world.alert(Fixture.alert(1, .active, [Fixture.hint("nobody", type: .node)]))
        world.commitAll()
        for _ in 0..<600 { world.pass(.milliseconds(100)) }
        #expect(world.batches.count <= 2)
    }

    // MARK: An old journal

    private static func old(_ mode: Mode) -> CoreWorld {
        var breach = Breach(
            id: Fixture.id(1), origin: Fixture.origin, feed: "main-a", isCritical: true, openedAt: Fixture.start,
            holdDown: .seconds(30))
        breach.plans = Planner(site: Fixture.site, policy: Policy()).plan([hint("n1", 700)], feed: "main-a")
        return CoreWorld(
            mode: mode,
            contents: Core.Contents(
                breaches: [breach], lastRecordAt: Fixture.start - .seconds(40 * 86_400)))
    }

    @Test func aParkedJournalStaysParkedWhateverTheModeDoes() {
        var world = Self.old(.observe)
        #expect(world.core.confirmation != nil)
        world.step(.reloaded(Fixture.site, Policy(), .enforce))
        world.pass(.seconds(1))
        #expect(world.reads.isEmpty)
        let answer = world.step(.command(.resume)).answer
        #expect(answer == .done)
        #expect(world.reads == ["n1"])
    }

    @Test func aJournalThatIsResumedInObserveIsTakenUpWithEnforce() {
        var world = Self.old(.observe)
        world.step(.command(.resume))
        #expect(world.core.confirmation == nil && world.reads.isEmpty)
        world.step(.reloaded(Fixture.site, Policy(), .enforce))
        #expect(world.reads == ["n1"])
        #expect(world.core.book.parking.isEmpty)
    }

    @Test func nothingWaitsForAResumeThatWasTakenUp() {
        var world = CoreWorld()
        let answer = world.step(.command(.resume)).answer
        #expect(answer == .nothingToResume)
        let other = world.step(.command(.release(Fixture.id(9)))).answer
        #expect(other == .noSuchBreach)
    }

    // MARK: The end

    @Test func afterAStopNothingIsBegunAndWhatIsUnderWayEnds() throws {
        var world = CoreWorld()
        world.restsAtOnce = false
        world.alert(Fixture.alert(1, .active, [Self.hint("n1", 700)]))
        try world.answerRead("n1", Fixture.limit(900))
        world.commitAll()
        world.step(.stopping)
        world.alert(Fixture.alert(2, .active, [Self.hint("n2", 700)]))
        #expect(world.reads.isEmpty)
        try world.answerWrite("n1")
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        #expect(!world.core.isAtRest)
        for case .rest(_, let slot) in world.effects { world.step(.rested(slot)) }
        #expect(world.core.isAtRest)
    }

    // MARK: Several agents on one bus

    @Test func whatNobodyHereOwnsIsLeftToOthers() throws {
        var world = CoreWorld { $0.answersForeign = false }
        world.alert(Fixture.alert(1, .active, [Self.hint("elsewhere-1", 700)]))
        world.commitAll()
        #expect(world.reports.isEmpty)
        #expect(world.core.book.breaches.isEmpty)
        #expect(world.facts.contains { if case .foreign = $0 { true } else { false } })
        world.alert(Fixture.alert(1, .resolved))
        world.commitAll()
        #expect(world.reports.isEmpty, "the end of a breach that was others' is theirs to answer")
    }

    @Test func anAgentAnswersForItsOwnHintsOnly() throws {
        var world = CoreWorld { $0.answersForeign = false }
        world.alert(Fixture.alert(1, .active, [Self.hint("elsewhere-1", 700), Self.hint("n1", 700)]))
        try world.cap("n1", from: 900, to: 700)
        #expect(world.reports.last?.enforcement.results.map(\.resourceID) == ["n1"])
        #expect(world.reports.last?.enforcement.code == .success)
        // Whatever else comes of a breach that is held here is answered.
        world.alert(Fixture.alert(1, .resolved))
        world.commitAll()
        #expect(world.core.book.breaches[Fixture.id(1)]?.isResolved == true)
    }
}
