import Hummingbird
import Journal
import OperatorAPI
import PowerEvents
import Settings
import Shedding
import Site
import StrictJSON

/// Carries out what operators ask over the control socket, and says what happens next.
struct CommandDesk: Sendable {
    let enforcer: Enforcer
    let reload: ConfigurationReload

    /// A command that was not carried out.
    struct Refused: Error {
        let message: String
        let status: HTTPResponse.Status
    }

    /// For how long something may be frozen.
    private static let durations = Duration.seconds(1)...Duration.seconds(30 * 86_400)

    func freeze(_ request: CommandRequest, by author: CommandAuthor) async throws(Refused) -> CommandReply {
        let duration = try duration(of: request)
        let scope = try await scope(of: request)
        if let scope, scope.resources.isEmpty {
            throw Refused(message: "nothing of \(scope) has a BMC: there is nothing to freeze", status: .conflict)
        }
        guard let next = await enforcer.freeze(scope, for: duration, by: author) else {
            throw Refused(
                message: "there are \(Freezes.most) freezes already; `ima thaw` some first", status: .conflict)
        }
        return CommandReply(code: "freeze", user: author.user, next: next)
    }

    func thaw(_ request: CommandRequest, by author: CommandAuthor) async throws(Refused) -> CommandReply {
        let scope = try await scope(of: request, isThaw: true)
        guard let next = await enforcer.thaw(scope, by: author) else {
            throw Refused(
                message: "nothing of \(scope?.description ?? "the site") is frozen; `ima status` shows what is",
                status: .conflict)
        }
        return CommandReply(code: "thaw", user: author.user, next: next)
    }

    func resume(by author: CommandAuthor) async throws(Refused) -> CommandReply {
        guard await enforcer.command(.resume, by: author) == .done else {
            throw Refused(
                message: "nothing waits for a resume: the journal was taken up at the start", status: .conflict)
        }
        return CommandReply(code: "resume", user: author.user, next: await enforcer.outlookAfterResume())
    }

    func release(
        _ name: String, _ request: CommandRequest, by author: CommandAuthor
    ) async throws(Refused) -> CommandReply {
        let id: UUIDText
        switch BreachName.find(name, among: await enforcer.heldBreaches) {
        case .one(let only): id = only
        case .several(let matches):
            throw Refused(message: BreachName.objection(name, matches), status: .conflict)
        case .none:
            let open = await enforcer.heldBreaches
            let those =
                open.isEmpty
                ? "none is" : "open: \(open.prefix(BreachName.maximumNamed).map(\.text).joined(separator: ", "))"
            throw Refused(message: "no breach \"\(name)\" is open; \(those)", status: .notFound)
        }
        guard await enforcer.command(.release(id, isHurried: request.now), by: author) == .done else {
            throw Refused(
                message: "breach \(id) is released already: \(await enforcer.outlookAfterRelease(of: id))",
                status: .conflict)
        }
        return CommandReply(
            code: "release", breach: id.text, user: author.user, next: await enforcer.outlookAfterRelease(of: id))
    }

    func reload(_ request: CommandRequest, by author: CommandAuthor) async -> ReloadReply {
        await reload.perform(dryRun: request.dryRun, author: author)
    }

    private func scope(
        of request: CommandRequest, isThaw: Bool = false
    ) async throws(Refused) -> FreezeScope? {
        do throws(ResourceSelection.Unknown) {
            return try await enforcer.scope(of: request, isThaw: isThaw)
        } catch {
            throw Refused(message: error.description, status: .notFound)
        }
    }

    private func duration(of request: CommandRequest) throws(Refused) -> Duration? {
        guard let text = request.duration else { return nil }
        guard let duration = Quantities.duration(text), Self.durations.contains(duration) else {
            throw Refused(
                message: "--for \(text): should be a time from 1s to 30d, such as 30m", status: .badRequest)
        }
        return duration
    }
}
