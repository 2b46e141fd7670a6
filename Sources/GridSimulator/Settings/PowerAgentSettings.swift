import Foundation
import Inventory
public import PowerEvents
import Settings
import Site

/// What a power agent's configuration file says.
public struct PowerAgentSettings: Sendable {
    public let participant: ParticipantSettings
    public let policy: PowerAgentPolicy
    /// In the order of the file.
    public let feeds: [FeedProfile]
    public let topology: ShedTopology
    public let meter: Meter
    /// Where the machines' schedulers are told how much of their work they may do; nil leaves loads to others.
    public let scheduler: Scheduler?
    /// The file for what has to outlive a restart.
    public let statePath: String?
    /// Of a load target's or enforcement event's `time`.
    public let maximumAge: Duration
    /// False publishes payloads that nobody signed; for a laboratory.
    public let signs: Bool
    public let subjectIsTopic: Bool

    public struct Meter: Sendable {
        /// Answers as `GET /meters` of a simulated fleet does.
        public let url: String
        public let every: Duration
    }

    public struct Scheduler: Sendable {
        /// Takes what `PATCH /machines` of a simulated fleet does.
        public let url: String
        /// By feed, the nodes on it.
        public let nodes: [String: [String]]
        /// By node, its feeds.
        public let feeds: [String: [String]]
    }

    /// - Throws: ``Settings/Problems`` with every mistake
    public static func load(_ path: String, environment: [String: String]) throws -> PowerAgentSettings {
        let problems = ProblemCollector()
        let settings = SettingsFile.load(path, environment: environment, problems: problems).flatMap {
            read($0, environment: environment, problems: problems)
        }
        try problems.throwIfAny()
        guard let settings else { throw Problems([Problem(file: path, message: "cannot be used")]) }
        return settings
    }

    private static func read(
        _ file: Setting, environment: [String: String], problems: ProblemCollector
    ) -> PowerAgentSettings? {
        let members = file.members([
            "agent", "broker", "signing", "trust", "feeds", "inventory", "shed", "meter", "scheduler", "state",
            "timing",
            "margins", "behaviour",
        ])
        let participant = ParticipantSettings.read(members, of: file, role: .powerAgent)
        let feeds = members.required("feeds", of: file).map(Self.feeds) ?? []
        let paths = members.required("inventory", of: file).map { setting in
            setting.isList ? setting.elements().compactMap { $0.path() } : [setting.path()].compactMap { $0 }
        }
        let site = SiteReader.load(paths ?? [], environment: environment, problems: problems, checksFiles: false)
        let meter = members.required("meter", of: file)
        let meterMembers = meter?.members(["url", "every", "stale_after"])
        let url = meter.flatMap { meterMembers?.required("url", of: $0).flatMap(Self.url) }
        var policy = PowerAgentPolicy()
        if let source = participant?.source.description, source.contains("dsx-flex-agent") { policy.layout = .perFeed }
        policy.staleAfter = meterMembers?["stale_after"]?.duration() ?? policy.staleAfter
        let maximumAge = TimingReader.read(members["timing"], into: &policy)
        TimingReader.readMargins(members["margins"], into: &policy)
        let behaviour = TimingReader.readBehaviour(members["behaviour"], into: &policy)
        let tiers = members["shed"].map { $0.elements().compactMap { Self.tier($0, site) } } ?? []
        for feed in feeds where !site.resources.values.contains(where: { $0.feeds?.contains(feed.tag) == true }) {
            members["feeds"]?.warn("nothing in the inventory is fed by \(feed.tag)")
        }
        guard let participant, let url, !feeds.isEmpty else { return nil }
        return PowerAgentSettings(
            participant: participant, policy: policy, feeds: feeds, topology: ShedTopology(site: site, tiers: tiers),
            meter: Meter(
                url: url, every: meterMembers?["every"]?.duration(.milliseconds(50) ... .seconds(3600)) ?? .seconds(1)),
            scheduler: members["scheduler"].flatMap { Self.scheduler($0, site) }, statePath: members["state"]?.path(),
            maximumAge: maximumAge, signs: behaviour.signs, subjectIsTopic: behaviour.subjectIsTopic)
    }

    /// Whoever is between could otherwise tell a load that nobody draws.
    private static func url(_ setting: Setting) -> String? {
        guard let text = setting.nonEmptyString() else { return nil }
        do {
            let endpoint = try Endpoint(text, schemes: ["https", "http"], allowsPath: true)
            guard !endpoint.isExposed(plain: "http") else {
                return setting.fail("should be https://; plain http is for loopback only")
            }
            return text
        } catch {
            return setting.fail("\(error)")
        }
    }

    private static func feeds(_ section: Setting) -> [FeedProfile] {
        section.namedEntries().compactMap { tag, entry in
            let members = entry.members(["minimum", "maximum", "default_constraint"])
            func power(_ key: String) -> PowerQuantity? {
                members.required(key, of: entry).flatMap { setting in
                    setting.power().map { PowerQuantity(watts: $0, unit: Self.unit(setting.string() ?? "")) }
                }
            }
            guard let minimum = power("minimum"), let maximum = power("maximum"),
                let constraint = power("default_constraint")
            else { return nil }
            guard minimum.watts < maximum.watts else {
                return entry.fail("its minimum should be under its maximum")
            }
            return FeedProfile(tag: tag, minimum: minimum, maximum: maximum, defaultConstraint: constraint)
        }
    }

    /// The unit in which somebody wrote a power.
    public static func unit(_ text: String) -> PowerUnit {
        let lowered = text.lowercased()
        return lowered.hasSuffix("mw") ? .megawatt : lowered.hasSuffix("kw") ? .kilowatt : .watt
    }

    private static func tier(_ entry: Setting, _ site: Site) -> ShedTopology.Tier? {
        let members = entry.members(["priority", "resources", "type", "action", "lowest"])
        guard let priority = members.required("priority", of: entry)?.int(1...1_000_000),
            let resources = members.required("resources", of: entry)
        else { return nil }
        var names: [String] = []
        for text in resources.strings() {
            guard let expanded = try? HostRange.expand(text) else {
                resources.note("\(text): is no range of names")
                continue
            }
            for name in expanded {
                if !site.owns(name) { resources.note("there is no \"\(name)\" in the inventory") }
                names.append(name)
            }
        }
        return ShedTopology.Tier(
            priority: priority, resources: names, type: members["type"]?.choice(ResourceType.self) ?? .node,
            action: members["action"]?.choice(ShedAction.self) ?? .powerCap,
            lowest: members["lowest"]?.power().map { Double($0.microwatts) / 1_000_000 })
    }

    private static func scheduler(_ setting: Setting, _ site: Site) -> Scheduler? {
        guard let url = setting.members(["url"]).required("url", of: setting).flatMap(Self.url) else { return nil }
        var nodes: [String: [String]] = [:]
        var feeds: [String: [String]] = [:]
        for id in site.order {
            guard let resource = site.resources[id], resource.type == .node, let own = resource.feeds else { continue }
            feeds[id] = own
            for feed in own { nodes[feed, default: []].append(id) }
        }
        return Scheduler(url: url, nodes: nodes, feeds: feeds)
    }
}
