import ArgumentParser
import StrictJSON

/// What the running agent knows by name, for the completion of a shell.
enum AgentNames: String {
    case breaches, resources, feeds, bmcs

    var completion: CompletionKind {
        .custom { words, _, _ in await names(after: words) }
    }

    /// Nothing where no agent answers: a completion is no place to complain.
    private func names(after words: [String]) async -> [String] {
        var options = SocketOption()
        options.socket = Self.value(of: "--socket", in: words)
        options.config = Self.value(of: "--config", in: words)
        let answer = try? await ControlClient.ask("/names", options)
        return answer?[rawValue]?.array?.compactMap(\.string) ?? []
    }

    private static func value(of option: String, in words: [String]) -> String? {
        guard let place = words.lastIndex(of: option), words.indices.contains(place + 1) else { return nil }
        return words[place + 1]
    }
}
