import StrictJSON

/// What faults make of requests and answers.
enum FaultEffects {
    /// What is answered instead of obeying.
    static func before(_ kinds: [Fault.Kind], _ request: SimulatedBMC.Request, uri: String) -> Answer? {
        for kind in kinds {
            switch kind {
            case .refuse:
                var answer = Answer(status: 503)
                answer.wire = .closed
                return answer
            case .status(let status, let retryAfter):
                var answer = Answer.error(status, "Simulated\(status)")
                if let retryAfter { answer.headers.append(("Retry-After", "\(retryAfter)")) }
                return answer
            case .sessionLimit:
                return .error(503, "SessionLimitExceeded", "The maximum number of user sessions is reached.")
            case .redirect where !uri.hasSuffix("/"):
                return Answer(status: 308, headers: [("Location", uri + "/")])
            case .ignore: return Answer(status: 200, body: Answer.success)
            case .objectInside:
                return Answer(
                    status: 200,
                    body: [
                        "@Message.ExtendedInfo": [
                            [
                                "MessageId": "Base.1.18.PropertyNotUpdated", "Message": "The property was not updated.",
                                "MessageSeverity": "Warning",
                            ]
                        ]
                    ])
            default: continue
            }
        }
        return nil
    }

    /// What becomes of the answer on its way.
    static func after(_ kinds: [Fault.Kind], _ answer: inout Answer, _ state: inout BMCState) {
        for kind in kinds {
            switch kind {
            case .applyThenFail: answer = keepingDelay(answer, .error(500, "InternalError"))
            case .obeyAndAnswer(let status): answer = keepingDelay(answer, .error(status, "Simulated\(status)"))
            case .html:
                answer.raw = Array("<html><body><h1>Please log in</h1></body></html>".utf8)
                answer.contentType = "text/html"
            case .truncate: answer.raw = Array(answer.bytes.prefix(answer.bytes.count / 2))
            case .huge:
                answer.raw =
                    Array("[\"".utf8) + Array(repeating: UInt8(ascii: "x"), count: 10 << 20) + Array("\"]".utf8)
            case .wrongTypes: answer.body = answer.body.map(textual)
            case .drip: answer.wire = .drip(.milliseconds(20))
            case .cut: answer.wire = .cut
            case .stale: answer.wire = .stale
            case .clock: answer.headers.append(("Date", "Thu, 01 Jan 1970 00:00:10 GMT"))
            case .forgetSessions: state.sessions = [:]
            case .task(let end) where (200...299).contains(answer.status):
                let monitor = "/redfish/v1/TaskService/TaskMonitors/\(state.tasks.count + 1)"
                state.tasks[monitor] = SimulatedTask(end: end, obeyed: answer)
                answer = keepingDelay(answer, Answer(status: 202, headers: [("Location", monitor)]))
            default: continue
            }
        }
    }

    private static func keepingDelay(_ old: Answer, _ new: Answer) -> Answer {
        var new = new
        new.delay = old.delay
        return new
    }

    private static func textual(_ value: JSONValue) -> JSONValue {
        switch value {
        case .number(let number): return .string(number.text)
        case .array(let elements): return .array(elements.map(textual))
        case .object(let object):
            var changed = JSONObject()
            for member in object { changed[member.key] = textual(member.value) }
            return .object(changed)
        default: return value
        }
    }
}
