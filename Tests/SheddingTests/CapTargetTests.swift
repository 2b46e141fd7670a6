import PowerEvents
import Shedding
import Testing

struct CapTargetTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let demands: [Demand]
        var minimum: Int?
        var maximum: Int?
        var floor: Int?
        var prior: Int?
        var increment: Int?
        let expected: Int?
        var testDescription: String { "\(demands) \(minimum ?? -1) \(maximum ?? -1) \(floor ?? -1) \(prior ?? -1)" }
    }

    @Test(arguments: [
        Case(demands: [.cap(Watts(500))], minimum: 200, maximum: 700, prior: 700, expected: 500),
        Case(demands: [.cap(Watts(500)), .cap(Watts(300))], minimum: 200, maximum: 700, expected: 300),
        Case(demands: [.cap(Watts(100))], minimum: 200, maximum: 700, expected: 200),
        Case(demands: [.cap(Watts(100))], minimum: 200, maximum: 700, floor: 250, expected: 250),
        Case(demands: [.cap(Watts(300))], minimum: 200, maximum: 700, floor: 250, expected: 300),
        Case(demands: [.cap(Watts(900))], minimum: 200, maximum: 700, expected: 700),
        Case(demands: [.capToShare(.percent(60))], minimum: 200, maximum: 700, expected: 420),
        Case(demands: [.capToShare(.percent(60))], prior: 500, expected: 300),
        Case(demands: [.capToShare(.percent(60))], expected: nil),
        Case(demands: [.capToMinimum], minimum: 200, maximum: 700, expected: 200),
        Case(demands: [.capToMinimum], floor: 250, expected: 250),
        Case(demands: [.capToMinimum], expected: nil),
        Case(demands: [.cap(.zero)], expected: nil),
        Case(demands: [.cap(.zero)], minimum: 200, expected: 200),
        Case(demands: [.cap(Watts(microwatts: 500_900_000))], minimum: 200, maximum: 700, expected: 500),
        // In steps: down, but never below the bound, and never above the maximum.
        Case(demands: [.cap(Watts(507))], minimum: 200, maximum: 700, increment: 10, expected: 500),
        Case(demands: [.cap(Watts(100))], minimum: 205, maximum: 700, increment: 10, expected: 210),
        Case(demands: [.cap(Watts(100))], minimum: 205, maximum: 208, increment: 10, expected: 205),
        Case(demands: [.cap(Watts(507))], minimum: 200, maximum: 700, increment: 1, expected: 507),
        // A tighter limit that was there before is never raised.
        Case(demands: [.cap(Watts(500))], minimum: 200, maximum: 700, prior: 400, expected: 400),
        Case(demands: [.cap(Watts(500))], minimum: 200, maximum: 700, floor: 450, prior: 400, expected: 400),
    ])
    func resolves(_ test: Case) {
        let result = CapTarget.resolve(
            test.demands,
            range: PowerRange(
                minimum: test.minimum.map { Watts($0) }, maximum: test.maximum.map { Watts($0) },
                increment: test.increment.map { Watts($0) }),
            floor: test.floor.map { Watts($0) }, prior: test.prior.map { Watts($0) })
        #expect((try? result.get())?.wholeWatts == test.expected)
    }
}
