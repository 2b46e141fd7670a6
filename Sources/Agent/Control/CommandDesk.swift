import Hummingbird
import Journal
import OperatorAPI
import PowerEvents
import Shedding
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

    func freeze(_ request: CommandRequest, by author: CommandAuthor) async throws(Refused) -> CommandReply {
        try refuseParts(request, "freeze")
        await enforcer.command(.freeze, by: author)
        return CommandReply(code: "freeze", user: author.user, next: await enforcer.outlookAfterFreeze())
    }

    func thaw(_ request: CommandRequest, by author: CommandAuthor) async throws(Refused) -> CommandReply {
        try refuseParts(request, "thaw")
        await enforcer.command(.thaw, by: author)
        return CommandReply(code: "thaw", user: author.user, next: await enforcer.outlookAfterThaw())
    }

    func resume(by author: CommandAuthor) async throws(Refused) -> CommandReply {
        guard await enforcer.command(.resume, by: author) == .done else {
            throw Refused(
                message: "nothing waits for a resume: the journal was taken up at the start", status: .conflict)
        }
        return CommandReply(code: "resume", user: author.user, next: await enforcer.outlookAfterThaw())
    }

    func release(
        _ name: String, _ request: CommandRequest, by author: CommandAuthor
    ) async throws(Refused) -> CommandReply {
        if request.now {
            throw Refused(message: "release --now is not supported yet by this agent", status: .notImplemented)
        }
        let id: UUIDText
        switch BreachName.find(name, among: await enforcer.heldBreaches) {
        case .one(let only): id = only
        case .several(let matches):
            throw Refused(message: BreachName.objection(name, matches), status: .conflict)
        case .none:
            let open = await enforcer.heldBreaches
            let those =
                open.isEmpty
                ? "none is" : "open: \(open.prefix(BreachName.mostNamed).map(\.text).joined(separator: ", "))"
            throw Refused(message: "no breach \"\(name)\" is open; \(those)", status: .notFound)
        }
        guard await enforcer.command(.release(id), by: author) == .done else {
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

    private func refuseParts(_ request: CommandRequest, _ command: String) throws(Refused) {
        if request.namesParts {
            throw Refused(
                message: "\(command) of resources, feeds or BMCs is not supported yet by this agent; without any it is "
                    + "for all", status: .notImplemented)
        }
        if request.duration != nil {
            throw Refused(
                message: "\(command) --for is not supported yet by this agent; freeze, and thaw by hand",
                status: .notImplemented)
        }
    }
}
