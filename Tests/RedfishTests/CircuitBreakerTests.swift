import Shedding
import Testing

@testable import Redfish

struct CircuitBreakerTests {
    private let start = ContinuousClock.now

    @Test func opensAfterThreeTimeoutsInARow() {
        var breaker = CircuitBreaker()
        for _ in 0..<2 { breaker.timedOut("no answer", now: start) }
        #expect(breaker.refusal(start) == nil)
        breaker.timedOut("no answer", now: start)
        #expect(breaker.refusal(start)?.kind == .circuitOpen)
        #expect(breaker.refusal(start)?.message.contains("no answer") == true)
        #expect(breaker.refusal(start + .seconds(5)) == nil)
    }

    @Test func eachFurtherTimeoutDoublesTheWaitUpToAMinute() {
        var breaker = CircuitBreaker()
        for _ in 0..<3 { breaker.timedOut("no answer", now: start) }
        var now = start
        for seconds in [5, 10, 20, 40, 60, 60] {
            #expect(breaker.refusal(now + .seconds(seconds) - .milliseconds(1)) != nil)
            now += .seconds(seconds)
            #expect(breaker.refusal(now) == nil)
            breaker.timedOut("no answer", now: now)
        }
    }

    @Test func anyAnswerClosesIt() {
        var breaker = CircuitBreaker()
        for _ in 0..<2 { breaker.timedOut("no answer", now: start) }
        breaker.answered()
        for _ in 0..<2 { breaker.timedOut("no answer", now: start) }
        #expect(breaker.refusal(start) == nil)
    }

    @Test(
        arguments: [
            ("7", nil, 7), ("0", nil, 1), ("99999", nil, 3600), ("-5", nil, 1), ("soon", nil, 5),
            ("Sun, 06 Nov 1994 08:50:07 GMT", nil, 5),
            // A clock that is decades off does no harm: only the difference counts.
            ("Sun, 06 Nov 1994 08:50:07 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 30),
            ("Fri, 01 Mar 2024 00:00:05 GMT", "Thu, 29 Feb 2024 23:59:58 GMT", 7),
            ("Thu, 01 Jan 1970 00:00:05 GMT", "Wed, 31 Dec 1969 23:59:58 GMT", 5),
            ("Sat, 01 Jan 2000 00:00:10 GMT", "Fri, 31 Dec 1999 23:59:50 GMT", 20),
        ] as [(String, String?, Int)])
    func howLongABMCAsksToWait(text: String, date: String?, seconds: Int) {
        #expect(RetryAfter.duration(text, date: date) == .seconds(seconds))
    }

    @Test(
        arguments: [
            (#"{"@Message.ExtendedInfo":[{"MessageId":"Base.1.18.Success","MessageSeverity":"OK"}]}"#, nil),
            (#"{"@Message.ExtendedInfo":[{"MessageId":"Base.1.18.Success"}]}"#, nil),
            (
                #"{"@Message.ExtendedInfo":[{"MessageId":"Base.1.18.PropertyNotUpdated","Message":"no"}]}"#, "no"
            ),
            (
                #"{"PowerLimit":{"LimitInWatts@Message.ExtendedInfo":[{"Severity":"Warning","Message":"not taken"}]}}"#,
                "not taken"
            ),
            (#"{"SetPoint":500}"#, nil), ("", nil), ("<html>", nil), ("[1]", nil),
        ] as [(String, String?)])
    func objectionsInsideA2xx(body: String, objection: String?) {
        #expect(RedfishErrorText.objection(in: Array(body.utf8)) == objection)
    }
}
