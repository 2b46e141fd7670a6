import Curl
import Shedding
import Site

/// Does what a ``SessionRun`` asks for. Decides nothing.
struct SessionPerformer: Sendable {
    let bmc: BMC.Address
    let credentials: CredentialReference
    let transport: any HTTPTransport
    let grace: Duration
    let ledger: (any BMCLedger)?
    /// Shared by all connections to the BMC under one name.
    let logins: LoginRecord
    let now: @Sendable () -> ContinuousClock.Instant

    func perform(_ action: SessionAction) async -> SessionEvent {
        switch action {
        case .send(let request): return await send(request)
        case .wait(let delay):
            do { try await Task.sleep(for: delay) } catch { return .waited(isCancelled: true) }
            return .waited(isCancelled: false)
        case .readCredentials: return .credentials(await readCredentials())
        case .takeTurn:
            await logins.takeTurn()
            return .turnTaken
        case .giveBackTurn: await logins.giveBackTurn()
        case .noteLogin(.worked(let secret)): await logins.worked(secret)
        case .noteLogin(.refused(let secret, let words, let isCertain)):
            await logins.refused(secret, words, isCertain: isCertain, now: now())
        case .adoptOrphanedSessions: return .orphaned(await ledger?.adoptOrphanedSessions(on: bmc) ?? [])
        case .noteOpened(let location): await ledger?.opened(location, on: bmc)
        case .noteClosed(let location): await ledger?.closed(location, on: bmc)
        case .finish: break
        }
        return .done
    }

    private func readCredentials() async -> Result<SessionCredentials, BMCFault> {
        var read: SessionCredentials
        do {
            read = SessionCredentials(username: credentials.username, password: try credentials.password())
        } catch {
            return .failure(BMCFault(.unauthorized, "\(error)"))
        }
        read.refusal = await logins.refusal(of: read.secret, now: now())
        read.isProven = await logins.isProven(read.secret)
        return .success(read)
    }

    private func send(_ request: SessionRequest) async -> SessionEvent {
        let transport = transport
        do {
            switch request.manner {
            case .usual: return .answered(try await transport.send(request.http))
            case .kept: return .answered(try await Task { try await transport.send(request.http) }.value)
            case .givingWay: return .answered(try await sendGivingWay(request.http))
            }
        } catch let error as CurlError {
            return .unanswered(error)
        } catch {
            return .cancelled
        }
    }

    private func sendGivingWay(_ request: HTTPRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let transport = transport
        let sending = Task { try await transport.send(request) }
        let grace = grace
        return try await withTaskCancellationHandler {
            try await sending.value
        } onCancel: {
            Task {
                try? await Task.sleep(for: grace)
                sending.cancel()
            }
        }
    }
}
