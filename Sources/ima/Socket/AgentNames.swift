import ArgumentParser
import StrictJSON

/// What the running agent knows by name, for the completion of a shell.
enum AgentNames: String {
    /// Those that hold anything.
    case breaches
    /// Those of the history.
    case pastBreaches = "past_breaches"
    /// Whatever may stand where a resource is taken: resources, groups and feeds.
    case resources
    case feeds, bmcs

    var completion: CompletionKind {
        .custom { words, _, _ in await names(after: words) }
    }

    /// Nothing where no agent answers: a completion is no place to complain.
    private func names(after words: [String]) async -> [String] {
        var options = SocketOption()
        options.socket = Self.value(of: "--socket", in: words)
        options.config = Self.value(of: "--config", in: words)
        let answer = try? await ControlClient.ask("/names", options)
        return members.flatMap { answer?[$0]?.array?.compactMap(\.string) ?? [] }
    }

    /// Where the agent's answer has them.
    private var members: [String] {
        switch self {
        case .resources: ["resources", "groups", "feeds"]
        case .breaches, .pastBreaches, .feeds, .bmcs: [rawValue]
        }
    }

    private static func value(of option: String, in words: [String]) -> String? {
        guard let place = words.lastIndex(of: option), words.indices.contains(place + 1) else { return nil }
        return words[place + 1]
    }
}
