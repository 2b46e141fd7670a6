import PowerEvents
import Testing

@testable import Shedding

/// Reasons are compared by their cases, kept by their names, and read out of the journals of earlier versions.
struct ReasonTests {
    private static let breach = UUIDText(randomBytes: [7])

    /// One of each case.
    static let skips: [SkipReason] = [
        .unknownResource("n\"1"), .wrongType("n1", .gpu), .protected("n1"),
        .actionNotAllowed("n1", allowed: [.powerCap, .suspend]), .actionNotAllowed("n1", allowed: []),
        .otherFeed("n1", feeds: ["a", "b"]), .duplicate(ofHint: 3), .noControl("rack"), .noNodes(in: "rack"),
        .maxSuspended("n1", limit: 2, nodes: 11), .maxSuspended("n1", limit: 5, nodes: 44, elsewhere: 3),
        .suspensionsUnknown("n1"),
        .everyPart([.protected("n1"), .maxSuspended("n2", limit: 1, nodes: 4)]),
        .maxUnreachable(lost: 3, bmcs: 4), .nodeOff("no link"), .notInInventory, .coverNotInInventory("n1"),
        .changedBySomebodyElse(holds: .limit(nil), set: .limit(Watts(500)), prior: .limit(Watts(700))), .takenOver,
        .stillHeld(by: [breach]), .earlierVersion("because"),
    ]

    static let failures: [FailureReason] =
        BMCFault.Kind.allCases.map { .bmc($0, "said", retries: 2) } + [
            .notReadBack(holds: .limit(nil), objection: "not now"), .notReadBack(holds: .mode("Eco"), objection: nil),
            .clamped(made: .limit(Watts(640)), wanted: .limit(Watts(500))),
            .unknownEffect("no answer", holds: .limit(Watts(1))), .unread(.circuitOpen, "left alone"),
            .deadline(.power(.poweringOff), after: nil), .deadline(.power(.on), after: "GracefulShutdown"),
            .powerStateUnknown, .noWayToSuspend(offered: ["ForceOff"]), .noWayToSuspend(offered: []),
            .noCapTarget(.noMaximum), .noCapTarget(.noMinimum), .noCapTarget(.zero), .noMaximumSpeed,
            .modeNotOffered("Eco", offered: ["Max"]), .modeNotOffered(nil, offered: []),
            .contended(.limit(Watts(900)), corrections: 5), .anotherMachine(found: "serial a", known: "serial b"),
            .machineNotKnown, .writeMayStillTake, .shutdownMayStillCome, .resolvedMeanwhile, .protectedSince, .frozen,
            .observing, .superseded, .sharesControl(with: "rack"), .parked, .journalCannotRecord("disk full"),
            .stillHeld(by: [breach]), .internal("oops"), .earlierVersion("because"),
        ]

    static let remarks: [AppliedRemark] = [
        .nothingChanged, .neverBegun, .raisedToFloor(Watts(500)), .raisedToMinimum(Watts(200)),
        .alreadyLimited(Watts(300)), .rounded(made: .limit(Watts(501)), wanted: .limit(Watts(500))),
        .limitedBySomebodyElse(.speed(Megahertz(900))), .limited(Megahertz(1000)), .powerMode("Eco"),
        .alreadyDown(.off), .suspended(.paused), .wasDown(.off), .restoredByMeaning,
        .offAsBefore(spelled: "0", before: "null"), .stillHeld(by: [breach]), .earlierVersion("because"),
    ]

    private func check<Reason: RecordedReason & Equatable>(_ reasons: [Reason]) {
        for reason in reasons { #expect(Reason(record: reason.record) == reason) }
    }

    @Test func everyReasonComesBackFromItsRecord() {
        check(Self.skips)
        check(Self.failures)
        check(Self.remarks)
    }

    /// Each list has all of its names in it, none of which says two things, and all are fit for a metric's label.
    @Test func everyReasonHasItsName() {
        #expect(Set(Self.skips.map(\.name)) == Set(SkipReason.Name.allCases))
        #expect(Set(Self.failures.map(\.name)) == Set(FailureReason.Name.allCases))
        #expect(Set(Self.remarks.map(\.name)) == Set(AppliedRemark.Name.allCases))
        let names =
            SkipReason.Name.allCases.map(\.rawValue) + FailureReason.Name.allCases.map(\.rawValue)
            + AppliedRemark.Name.allCases.map(\.rawValue) + RefusalReason.allCases.map(\.rawValue)
        for name in names {
            #expect(name.allSatisfy { $0 == "_" || $0.isASCII && $0.isLowercase }, "\(name)")
        }
    }

    @Test func wordsArePutTogetherAtTheEdge() {
        #expect(SkipReason.duplicate(ofHint: 3).description == "duplicate of hint 3 of this alert")
        #expect(
            SkipReason.actionNotAllowed("n1", allowed: []).description
                == "not allowed: the inventory allows nothing for n1")
        #expect(
            SkipReason.everyPart([.protected("n1"), .nodeOff("x")]).description
                == "protected: the inventory says never to touch n1; node is off: x")
        #expect(
            FailureReason.bmc(.unreachable, "no route", retries: 1).description
                == "BMC unreachable after 1 retry: no route")
        #expect(FailureReason.bmc(.refused, "licence", retries: 0).description == "licence")
        #expect(
            FailureReason.notReadBack(holds: .limit(Watts(700)), objection: "partly").description
                == "the BMC accepted the write (it said: partly), but holds 700 W")
        #expect(
            Outcome.applied(.raisedToFloor(Watts(500)), .rounded(made: .limit(Watts(5)), wanted: .limit(Watts(4))))
                .message == "raised to the inventory's floor of 500 W; the BMC made 5 W of 4 W")
        #expect(Outcome.applied().message == nil)
    }

    // MARK: Refusals

    /// The gate's and those that take what is known of a breach are one list, which the journal keeps by source where
    /// that is proven.
    @Test func refusalsAreOneList() {
        #expect(
            RefusalReason.allCases.map(\.rawValue) == [
                "wrong_topic", "too_large", "bad_envelope", "wrong_type", "source_mismatch", "untrusted_source",
                "unsigned", "bad_signature", "bad_payload", "stale", "future", "breach_resolved", "foreign_breach",
                "stale_breach", "future_breach", "too_many_hints", "too_many_breaches",
            ])
        #expect(
            RefusalReason.allCases.filter(\.isOfVerifiedSource) == [
                .badPayload, .stale, .future, .breachResolved, .foreignBreach, .staleBreach, .futureBreach,
                .tooManyHints, .tooManyBreaches,
            ])
        #expect(RefusalReason.allCases.filter(\.isFinal) == [.breachResolved, .foreignBreach, .staleBreach])
        #expect(Set(RefusalReason.allCases.map(\.description)).count == RefusalReason.allCases.count)
    }
}
