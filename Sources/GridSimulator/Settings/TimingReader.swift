import PowerEvents
import Settings

/// Reads `timing`, `margins` and `behaviour` of a power agent.
enum TimingReader {
    private static let anyDuration = Duration.milliseconds(10)...Duration.seconds(7 * 86_400)

    /// - Returns: how old an event may be
    static func read(_ section: Setting?, into policy: inout PowerAgentPolicy) -> Duration {
        let usual = Duration.seconds(300)
        guard let section else { return usual }
        let members = section.members([
            "heartbeat", "repeat_every", "confirm", "settle", "resolve_after", "ramp_limit", "ramp_step", "max_age",
        ])
        policy.heartbeat = members["heartbeat"]?.duration(anyDuration) ?? policy.heartbeat
        policy.repeatEvery = members["repeat_every"]?.duration(anyDuration) ?? policy.repeatEvery
        policy.confirm = members["confirm"]?.int(1...1000) ?? policy.confirm
        policy.settle = members["settle"]?.duration() ?? policy.settle
        policy.resolveAfter = members["resolve_after"]?.duration() ?? policy.resolveAfter
        policy.rampLimit = members["ramp_limit"]?.duration(anyDuration) ?? policy.rampLimit
        policy.rampStep = members["ramp_step"]?.share().map(part) ?? policy.rampStep
        return members["max_age"]?.duration(anyDuration) ?? usual
    }

    static func readMargins(_ section: Setting?, into policy: inout PowerAgentPolicy) {
        guard let section else { return }
        let members = section.members(["threshold", "ramp", "shed", "resolve"])
        policy.threshold = members["threshold"]?.share().map(part) ?? policy.threshold
        policy.rampMargin = members["ramp"]?.share().map(part) ?? policy.rampMargin
        policy.shedMargin = members["shed"]?.share().map(part) ?? policy.shedMargin
        policy.resolveMargin = members["resolve"]?.share().map(part) ?? policy.resolveMargin
        if policy.resolveMargin > policy.rampMargin {
            section.note("resolve should not be more than ramp: no breach would ever be over")
        }
    }

    static func readBehaviour(
        _ section: Setting?, into policy: inout PowerAgentPolicy
    ) -> (signs: Bool, subjectIsTopic: Bool) {
        guard let section else { return (true, false) }
        let members = section.members([
            "layout", "hints", "resolve", "stamps_anew", "repeats", "signs", "subject_is_topic",
        ])
        policy.layout = members["layout"]?.choice(PowerAgentPolicy.Layout.self) ?? policy.layout
        policy.hints = members["hints"]?.choice(PowerAgentPolicy.Hints.self) ?? policy.hints
        policy.resolve = members["resolve"]?.choice(PowerAgentPolicy.Resolve.self) ?? policy.resolve
        policy.stampsAnew = members["stamps_anew"]?.bool() ?? policy.stampsAnew
        policy.repeats = members["repeats"]?.bool() ?? policy.repeats
        let signs = members["signs"]?.bool() ?? true
        if !signs { members["signs"]?.warn("payloads are not signed; for a laboratory only") }
        return (signs, members["subject_is_topic"]?.bool() ?? false)
    }

    private static func part(_ share: Share) -> Double { Double(share.basisPoints) / 10_000 }
}
