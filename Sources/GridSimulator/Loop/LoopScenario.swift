public import PowerEvents
import Settings

/// What happens while the loop is closed, as a file says it:
///
/// ```yaml
/// title: A target, a burst, and back
/// inventory: site.yaml            # beside this file
/// feeds: [main-a]                 # those that targets are for, in the order of the picture
/// power_agent: reference          # or public, public-unsigned
/// throttle: 40%                   # of the agent's policy
/// most_breaches: 1
/// story:
///   - { wait: 5s }
///   - { target: { main-a: 70% } } # of what the feed drew at the start
///   - { until: compliant, within: 60s }
///   - { burst: { main-a: 15% } }  # work that nobody schedules, as a share of all that its machines can do
///   - { until: breach }
///   - { calm: [main-a] }
///   - { target: { main-a: none } }
/// ```
public struct LoopScenario: Sendable {
    /// Which power agent plays.
    public enum Player: String, Sendable, CaseIterable {
        case reference
        /// As the one public agent behaves: hints that name the feed, `detected_at` stamped anew, `resolved` as soon as the
        /// measured load is at the target.
        case publicAgent = "public"
        /// The same, and nothing of it is signed.
        case publicUnsigned = "public-unsigned"
    }

    /// What can be waited for. All of it counts from the last step that did something.
    public enum Condition: String, Sendable, CaseIterable {
        /// Snapshots call every targeted feed compliant, and no ramp is under way.
        case compliant
        case breach, escalated
        /// The real power of every targeted feed is under its target.
        case under
        /// An enforcement event tells that something was applied, and nothing is in progress.
        case shed
        case resolved
        /// An enforcement event tells that all was put back.
        case reverted
        case rampedUp = "ramped_up"
        /// The agent refused a message.
        case refused
        /// The power agent has noticed that its meter is stale, or is live again.
        case stale, live
    }

    public enum Program: String, Sendable, CaseIterable {
        case ima
        case powerAgent = "power-agent"
    }

    public enum Step: Sendable {
        case wait(Duration)
        /// By feed, the share of what it drew at the start; nil removes its target. One event each time.
        case target([(feed: String, share: Share?)], within: Duration)
        case burst([(name: String, share: Share)])
        case calm([String])
        case until(Condition, within: Duration)
        /// Fails where it comes about within the time.
        case never(Condition, for: Duration)
        case meter(isStale: Bool)
        case stopBroker
        case startBroker
        case kill(Program)
        case start(Program)
        case play(Player)
    }

    public let title: String
    public let inventory: String
    public let feeds: [String]
    public let player: Player
    public let throttle: Share?
    /// More are a flapping loop.
    public let maximumBreaches: Int
    public let story: [Step]

    /// - Throws: ``Settings/Problems`` with every mistake
    public static func load(_ path: String) throws -> LoopScenario {
        let problems = ProblemCollector()
        let scenario = SettingsFile.load(path, environment: [:], problems: problems).flatMap(LoopScenario.init)
        try problems.throwIfAny()
        guard let scenario else { throw Problems([Problem(file: path, message: "cannot be used")]) }
        return scenario
    }

    private init?(_ file: Setting) {
        let members = file.members([
            "title", "inventory", "feeds", "power_agent", "throttle", "most_breaches", "story",
        ])
        let story = members.required("story", of: file)?.elements().compactMap(Self.step) ?? []
        guard let title = members.required("title", of: file)?.nonEmptyString(),
            let inventory = members.required("inventory", of: file)?.path(),
            let feeds = members.required("feeds", of: file)?.strings(), !feeds.isEmpty
        else { return nil }
        self.title = title
        self.inventory = inventory
        self.feeds = feeds
        player = members["power_agent"]?.choice(Player.self) ?? .reference
        throttle = members["throttle"]?.share()
        maximumBreaches = members["most_breaches"]?.int(0...100) ?? 2
        self.story = story
    }

    private static let usualLimit = Duration.seconds(60)

    private static func step(_ setting: Setting) -> Step? {
        let members = setting.members([
            "wait", "target", "burst", "calm", "until", "never", "within", "for", "meter", "broker", "kill", "start",
            "play",
        ])
        let within = members["within"]?.duration() ?? usualLimit
        if let value = members["wait"] { return value.duration().map { .wait($0) } }
        if let value = members["target"] {
            return .target(
                value.namedEntries().compactMap { feed, share in
                    share.string() == "none" ? (feed, nil) : share.share().map { (feed, $0) }
                }, within: within)
        }
        if let value = members["burst"] {
            return .burst(value.namedEntries().compactMap { name, share in share.share().map { (name, $0) } })
        }
        if let value = members["calm"] { return .calm(value.strings()) }
        if let value = members["until"] { return value.choice(Condition.self).map { .until($0, within: within) } }
        if let value = members["never"] {
            return value.choice(Condition.self).map { .never($0, for: members["for"]?.duration() ?? .seconds(5)) }
        }
        if let value = members["meter"] { return value.choice(MeterState.self).map { .meter(isStale: $0 == .stale) } }
        if let value = members["broker"] {
            return value.choice(BrokerState.self).map { $0 == .stop ? .stopBroker : .startBroker }
        }
        if let value = members["kill"] { return value.choice(Program.self).map { .kill($0) } }
        if let value = members["start"] { return value.choice(Program.self).map { .start($0) } }
        if let value = members["play"] { return value.choice(Player.self).map { .play($0) } }
        return setting.fail(
            "should do something: wait, target, burst, calm, until, never, meter, broker, kill, start or play")
    }

    private enum MeterState: String, CaseIterable { case stale, live }
    private enum BrokerState: String, CaseIterable { case stop, start }
}
