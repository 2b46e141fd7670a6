import Retrying
import Testing

struct BackoffTests {
    @Test(
        arguments: [
            (Backoff.request, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 32_000]),
            (.limitProbe, [250, 500, 1000, 2000, 4000]), (.powerProbe, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]),
            (.taskPoll, [250, 500, 1000, 2000, 4000, 5000, 5000]),
            (.circuit, [5000, 10_000, 20_000, 40_000, 60_000, 60_000]),
            (.sessionRenewal, [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]),
            (.revert, [2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]),
            (.brokerConnection, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]),
            (.disk, [200, 400, 800, 1000, 1000]),
        ] as [(Backoff, [Int])])
    func theDelaysAreThoseOfTheTable(backoff: Backoff, milliseconds: [Int]) {
        #expect(milliseconds.indices.map { backoff.delay(after: $0) } == milliseconds.map { .milliseconds($0) })
        #expect(backoff.delay(after: .max) == backoff.longest)
        #expect(backoff.delay(after: .min) == backoff.first)
    }

    @Test func theSpreadIsAddedOnTop() {
        #expect(Backoff.request.delay(after: 1, fraction: 1) == .milliseconds(1500))
        #expect(Backoff.revert.delay(after: 0, fraction: 0.5) == .milliseconds(2250))
        #expect(Backoff.circuit.delay(after: 0, fraction: 1) == .seconds(5))
        for fraction in [-1, 7, .infinity, -.infinity] as [Double] {
            #expect((2000...2500).contains(Backoff.revert.delay(after: 0, fraction: fraction) / .milliseconds(1)))
        }
    }
}
