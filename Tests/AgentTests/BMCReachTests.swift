import Curl
import Testing

@testable import Agent

/// When an agent counts as cut off from its BMCs.
struct BMCReachTests {
    private let start = ContinuousClock.now

    private func fail(
        _ reach: BMCReach, _ number: Int, after seconds: Int, _ kind: CurlError.Kind = .timeout
    ) {
        let url = "https://10.0.0.\(number)/redfish/v1/Systems/1"
        reach.failed(
            CurlError(kind: kind, url: url, message: "", mayHaveBeenObeyed: false), url,
            now: start + .seconds(seconds))
    }

    @Test func itTakesSeveralBMCsAndSomeTime() {
        let reach = BMCReach(bmcs: 100)
        for number in 1...4 { fail(reach, number, after: 0) }
        fail(reach, 4, after: 1)
        #expect(!reach.isCutOff(now: start + .seconds(60)), "four are those BMCs' own trouble")
        fail(reach, 5, after: 1)
        #expect(!reach.isCutOff(now: start + .seconds(2)))
        #expect(reach.isCutOff(now: start + .seconds(3)))
    }

    @Test func oneAnswerIsEnough() {
        let reach = BMCReach(bmcs: 100)
        for number in 1...9 { fail(reach, number, after: 0) }
        reach.answered()
        #expect(!reach.isCutOff(now: start + .seconds(60)))
    }

    @Test func ofFewBMCsAllHaveToBeSilent() {
        let reach = BMCReach(bmcs: 2)
        fail(reach, 1, after: 0)
        #expect(!reach.isCutOff(now: start + .seconds(60)))
        fail(reach, 2, after: 0)
        #expect(reach.isCutOff(now: start + .seconds(60)))
    }

    @Test(arguments: [CurlError.Kind.fenced, .shutDown, .tls, .couldNotResolve, .tooLarge, .protocolViolation])
    func whatIsNoSilenceOfTheNetworkDoesNotCount(kind: CurlError.Kind) {
        let reach = BMCReach(bmcs: 5)
        for number in 1...5 { fail(reach, number, after: 0, kind) }
        #expect(!reach.isCutOff(now: start + .seconds(60)))
    }
}
