public import StrictJSON

/// What is wrong with an agent, by what it says of itself: the worst first, each with the command that helps.
public struct StatusJudgement: Sendable {
    /// One line each; empty where nothing is wrong.
    public let problems: [String]
    /// What is as somebody wanted it, and worth knowing all the same.
    public let notes: [String]

    /// - Parameter status: of `ima status --json`
    public init(_ status: JSONValue) {
        var problems: [String] = []
        var notes: [String] = []
        if status["journal_failure"]?.string != nil || ![nil, "open"].contains(status["journal"]?.string) {
            let why = status["journal_failure"]?.string ?? status["journal"]?.string ?? ""
            problems.append("JOURNAL: \(why); nothing is written to any BMC until it can be")
        }
        if let reason = status["awaiting_resume"]?.string {
            problems.append("NOT RESUMED: the journal is not taken up: \(reason)")
        }
        let isStandby = status["standby"]?["role"] == "standby"
        if let trouble = status["standby"]?["trouble"]?.string {
            problems.append(
                isStandby
                    ? "NOT READY TO TAKE OVER: \(trouble)"
                    : "ETCD: \(trouble); nothing is written to any BMC and nothing is released until it answers")
        }
        if !isStandby, let trouble = status["standby"]?["site_counts"]?["trouble"]?.string {
            problems.append("SHARDS: what the others hold down is not known, so no more is suspended: \(trouble)")
        }
        if let broker = status["broker"]?.string, broker != "subscribed" {
            problems.append("DEAF: the broker is \(broker), no alert comes in; the log says why")
        }
        if status["frozen"]?.object != nil { problems += Self.frozen(status["frozen"]) }
        problems += Self.configuration(status)
        problems += Self.breaches(status)
        problems += Self.readiness(status)
        if status["mode"] == "observe" { notes.append("OBSERVE: nothing is enforced, and nothing is published") }
        if isStandby {
            let leader = status["standby"]?["leader"]?.string
            notes.append("STANDBY\(leader.map { " of \($0)" } ?? ", and nobody leads"): it enforces nothing")
        } else if let unknown = status["bmcs"]?["unknown"]?.number?.int, unknown > 0 {
            notes.append("\(Line.count(unknown, "BMC")) not looked at yet")
        }
        let members = status["standby"]?["members"]?.array ?? []
        let silent = members.filter { $0["healthy"] == false }.compactMap { $0["endpoint"]?.string }
        if !silent.isEmpty {
            notes.append(
                "\(silent.count) of \(Line.count(members.count, "member")) of etcd do not answer: "
                    + silent.joined(separator: ", "))
        }
        self.problems = problems
        self.notes = notes
    }

    public var isGood: Bool { problems.isEmpty }

    /// Freezes that are told one by one; `--json` has all.
    private static let maximumFreezes = 3

    /// Several are several people's: who, why and until when is told of each, what stops everything first.
    private static func frozen(_ json: JSONValue?) -> [String] {
        guard let freezes = json?["freezes"]?.array, freezes.count > 1 else { return [freeze(json)] }
        let sorted = freezes.filter(isOfAll) + freezes.filter { !isOfAll($0) }
        let rest = sorted.count - maximumFreezes
        return sorted.prefix(maximumFreezes).map(freeze)
            + (rest > 0 ? ["FROZEN: \(Line.count(rest, "more freeze")): `ima status --json`"] : [])
    }

    /// What stops writes to one resource, a line each; empty where nothing does.
    ///
    /// - Parameter explanation: of `ima explain --json`
    public static func freezes(of explanation: JSONValue) -> [String] {
        explanation["frozen"]?.object == nil ? [] : frozen(explanation["frozen"])
    }

    private static func isOfAll(_ freeze: JSONValue?) -> Bool { [nil, "all"].contains(freeze?["scope"]?.string) }

    /// Such as `FROZEN by root since 2026-11-21T04:20:00Z (cooling works): `ima thaw``.
    private static func freeze(_ json: JSONValue?) -> String {
        let scope = isOfAll(json) ? "" : ": \(json?["scope"]?.string ?? "")"
        let user = json?["user"]?.string.map { " by \($0)" } ?? ""
        let since = json?["since"]?.string.map { " since \($0)" } ?? ""
        let until = json?["until"]?.string.map { " until \($0)" } ?? ""
        let reason = json?["reason"]?.string.map { " (\($0))" } ?? ""
        let what = scope.isEmpty ? "nothing is written" : "nothing is written there"
        return "FROZEN\(scope)\(user)\(since)\(until)\(reason): \(what); `ima thaw`"
    }

    private static func configuration(_ status: JSONValue) -> [String] {
        guard let configuration = status["configuration"] else { return [] }
        let generation = configuration["generation"]?.text ?? "1"
        var problems: [String] = []
        let errors = (configuration["errors"]?.array ?? []).compactMap(\.string)
        if let first = errors.first {
            let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
            problems.append("RELOAD FAILED, generation \(generation) stays in force: \(first)\(more)")
        }
        let keys = (configuration["needs_restart"]?.array ?? []).compactMap(\.string)
        if !keys.isEmpty {
            problems.append("HALF-APPLIED configuration: needs a restart: \(keys.joined(separator: ", "))")
        }
        let lost = (configuration["key_files_lost"]?.array ?? []).compactMap(\.string)
        problems += lost.prefix(maximumKeyFiles).map {
            "KEY FILE LOST: \($0) is gone or no key set; its last keys count until a restart, which will fail:"
                + " put it back"
        }
        if lost.count > maximumKeyFiles {
            let rest = Line.count(lost.count - maximumKeyFiles, "more file")
            problems.append("KEY FILE LOST: \(rest): `ima status --json`")
        }
        return problems
    }

    /// The same of lost key files.
    private static let maximumKeyFiles = 3

    private static func breaches(_ status: JSONValue) -> [String] {
        let failing = (status["breaches"]?.array ?? []).filter { ($0["counts"]?["failed"]?.number?.int ?? 0) > 0 }
        guard !failing.isEmpty else { return [] }
        let failed = failing.compactMap { $0["counts"]?["failed"]?.number?.int }.reduce(0, +)
        let names = failing.prefix(4).map { StatusText.short($0["id"]) }.joined(separator: ", ")
        let more = failing.count > 4 ? " and \(failing.count - 4) more" : ""
        return ["\(failed) failed in breach \(names)\(more): see below, and `ima explain RESOURCE`"]
    }

    private static func readiness(_ status: JSONValue) -> [String] {
        guard let readiness = status["readiness"], let visited = readiness["visited"]?.number?.int,
            let enforceable = readiness["enforceable"]?.number?.int, visited > enforceable
        else { return [] }
        let failing = status["bmcs"]?["failing"]?.number?.int ?? 0
        let recovering = status["bmcs"]?["recovering"]?.number?.int ?? 0
        let bmcs = Line.counts([(failing, "BMCs fail"), (recovering, "recover")], none: "")
        return [
            "\(Line.count(visited - enforceable, "resource")) not enforceable now\(bmcs.isEmpty ? "" : ": \(bmcs)");"
                + " `ima preflight RESOURCE` says more"
        ]
    }
}
