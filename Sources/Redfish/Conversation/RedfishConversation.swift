import Curl
import Inventory
import Shedding
import StrictJSON

/// Requests to one BMC: login, redirects, ETags, tasks, and what each failure means.
///
/// Owned by one ``BMCClient``, which keeps requests to a BMC one after another.
struct RedfishConversation {
    let bmc: BMC
    let transport: any HTTPTransport
    let options: RedfishOptions
    let ledger: (any BMCLedger)?
    var session: RedfishSession
    var root: JSONValue?
    /// Where sessions are opened, once that is known.
    var sessionsURI: String?
    /// Bumped at each login: what was learned of the machine before may be of another one.
    var generation = 0
    /// Some refuse to be asked for an uncompressed answer.
    private var refusesIdentity = false

    init(
        bmc: BMC, credentials: CredentialReference, transport: any HTTPTransport, options: RedfishOptions,
        ledger: (any BMCLedger)? = nil
    ) {
        self.ledger = ledger
        self.bmc = bmc
        self.transport = transport
        self.options = options
        session = RedfishSession(credentials: credentials)
    }

    var hasSession: Bool { if case .token = session.state { true } else { false } }

    /// The service root, read once a login.
    mutating func serviceRoot(context: RequestContext) async throws(BMCFault) -> JSONValue {
        if let root { return root }
        var answer = try await exchange(.get, "/redfish/v1/", authorized: false, context: context)
        if answer.response.status == 401 {
            // The root should be open to all (DSP0266, 13.3.2); where it is not, only Basic can come before a session.
            let before = session.state
            session.state = .basic
            answer = try await exchange(.get, "/redfish/v1/", authorized: true, context: context)
            session.state = before
        }
        let json = try document(answer).json
        root = json
        return json
    }

    /// Reads one resource.
    mutating func get(
        _ uri: String, context: RequestContext
    ) async throws(BMCFault) -> Document {
        let response = try await authorizedExchange(.get, uri, context: context)
        guard response.response.status == 200 else { throw Self.fault(ofRead: response.response, uri: uri) }
        return try document(response)
    }

    /// Whether a write may go out although the BMC takes none of the resource's tags.
    enum Condition: Sendable {
        /// It may not: a refused tag is news of somebody else's write, until the resource was read again.
        case required
        /// It may: the resource was read again just now, and is as it was.
        case preferred
    }

    /// Writes members of a resource, under the tags of the document that the decision was made from.
    ///
    /// - Parameters:
    ///   - limit: for each request, where that is not the usual
    ///   - context: its deadline bounds all of it, with the task that the write may start
    /// - Returns: what the BMC objected to although it accepted the write
    /// - Throws: ``Shedding/BMCFault/Kind/overtaken`` where the condition is required and none of the tags is met
    mutating func patch(
        _ document: Document, _ body: JSONValue, condition: Condition, within limit: Duration? = nil,
        context: RequestContext
    ) async throws(BMCFault) -> String? {
        var candidates: [String?] = document.etags
        if document.etags.isEmpty {
            candidates = [nil, "*"]
        } else if condition == .preferred {
            candidates += ["*", nil]
        }
        while true {
            let tag = candidates.removeFirst()
            let headers = tag.map { [("If-Match", $0)] } ?? []
            let response = try await authorizedExchange(
                .patch, document.uri, headers: headers, body: body, within: limit, context: context)
            let isUnmet = [412, 428].contains(response.response.status)
            if isUnmet, !candidates.isEmpty { continue }
            if isUnmet, condition == .required, !document.etags.isEmpty {
                throw BMCFault(
                    .overtaken, "\(document.uri) was changed since it was read" + Self.said(response.response))
            }
            return try await accept(response.response, uri: document.uri, context: context)
        }
    }

    /// Starts an action. Never repeated by any layer, since an action done twice is two.
    mutating func post(
        _ uri: String, _ body: JSONValue, within limit: Duration? = nil, context: RequestContext
    ) async throws(BMCFault) -> String? {
        let response = try await authorizedExchange(
            .post, uri, body: body, fresh: true, within: limit, context: context)
        return try await accept(response.response, uri: uri, context: context)
    }

    /// Ends the session, if there is one; a BMC has few.
    mutating func logOut() async {
        guard case .token(_, let location?) = session.state else { return }
        let answer = try? await exchange(.delete, location, authorized: true, context: RequestContext(followup: .none))
        session.state = .loggedOut
        // What could not be ended now is left for the next start.
        if let answer, answer.response.status < 500 { await ledger?.closed(location, on: bmc.address) }
    }
}

// MARK: - One request

extension RedfishConversation {
    struct Exchange {
        let uri: String
        let response: HTTPResponse
    }

    /// Sends one request and follows redirects that stay on the BMC, with method, body and token as they were.
    ///
    /// - Parameter isKept: whether it goes on to its end although the caller gives up
    mutating func exchange(
        _ method: HTTPRequest.Method, _ uri: String, headers: [(String, String)] = [], body: JSONValue? = nil,
        authorized: Bool, fresh: Bool = false, isKept: Bool = false,
        within limit: Duration? = nil, context: RequestContext
    ) async throws(BMCFault) -> Exchange {
        // Behind the address of the BMC, a link such as `@elsewhere/x` would name another host.
        guard var uri = localPath(uri) else {
            throw BMCFault(.invalidAnswer, "a link leads to another host, which is not followed")
        }
        var all: [(name: String, value: String)] = [
            ("Accept", "application/json"), ("OData-Version", "4.0"), ("Cache-Control", "no-cache"),
        ]
        // Compressing turns the ETags of some BMCs weak.
        if !refusesIdentity { all.append(("Accept-Encoding", "identity")) }
        all += headers.map { (name: $0.0, value: $0.1) }
        if body != nil { all.append(("Content-Type", "application/json")) }
        if authorized {
            do {
                if let header = try session.authorization() { all.append(header) }
            } catch { throw BMCFault(.unauthorized, "\(error)") }
        }
        for _ in 0..<4 {
            let usual = limit ?? options.requestTimeout
            guard let timeout = context.limit(usual, now: .now) else {
                throw BMCFault(.outOfTime, "the deadline is over; \(uri) was not asked for any more")
            }
            let request = HTTPRequest(
                method, url: bmc.address.description + uri, headers: all,
                body: body?.bytes ?? (method == .post ? [] : nil),
                tls: Self.trust(bmc.trust), connectTimeout: options.connectTimeout,
                timeout: timeout, priority: context.priority, maximumBodySize: options.maximumBodySize,
                freshConnection: fresh,
                followup: context.followup)
            let response: HTTPResponse
            do {
                let transport = transport
                if isKept {
                    response = try await Task { try await transport.send(request) }.value
                } else if context.priority == BMCClient.lowestPriority, method == .get {
                    response = try await sendGivingWay(request)
                } else {
                    response = try await transport.send(request)
                }
            } catch let error as CurlError {
                throw fault(error, isWrite: method != .get, limit: timeout)
            } catch {
                // Given up by ourselves, it says nothing of the BMC.
                throw BMCFault(method == .get ? .leftAlone : .unknownEffect, "the request was cancelled")
            }
            if response.status == 406, !refusesIdentity {
                refusesIdentity = true
                all.removeAll { $0.name == "Accept-Encoding" }
                continue
            }
            guard [301, 302, 307, 308].contains(response.status) else { return Exchange(uri: uri, response: response) }
            guard let target = response.header("Location").flatMap(localPath), target != uri else {
                throw BMCFault(.refused, "\(uri) redirects to another host, which is not followed")
            }
            uri = target
        }
        throw BMCFault(.refused, "\(uri) redirects in a circle")
    }

    /// Sends what everything else comes before. Given up, it does not begin any more; what has begun may end.
    ///
    /// A request that is dropped may still be at work on the BMC when the next one comes, and some stand only one.
    private func sendGivingWay(_ request: HTTPRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let transport = transport
        let sending = Task { try await transport.send(request) }
        let grace = options.grace
        return try await withTaskCancellationHandler {
            try await sending.value
        } onCancel: {
            Task {
                try? await Task.sleep(for: grace)
                sending.cancel()
            }
        }
    }

    /// The path of a Location that is relative or on this very BMC; nil for any other host.
    func localPath(_ location: String) -> String? {
        if location.hasPrefix("/"), !location.hasPrefix("//") { return location }
        let base = bmc.address.description
        guard location.lowercased().hasPrefix(base + "/") else { return nil }
        return String(location.dropFirst(base.count))
    }

    private func document(_ exchange: Exchange) throws(BMCFault) -> Document {
        let uri = exchange.uri
        guard exchange.response.status == 200 else { throw Self.fault(ofRead: exchange.response, uri: uri) }
        do {
            let json = try JSONValue(parsing: exchange.response.body, limits: JSONLimits(depth: 64, numberLength: 128))
            guard json.object != nil else { throw BMCFault(.invalidAnswer, "\(uri) is no JSON object") }
            return Document(uri: uri, json: json, header: exchange.response.header("ETag"))
        } catch let error as JSONSyntaxError {
            throw BMCFault(.invalidAnswer, "\(uri): \(error)")
        } catch let fault as BMCFault {
            throw fault
        } catch {
            throw BMCFault(.invalidAnswer, "\(uri): \(error)")
        }
    }

    /// Takes the answer to a write: done, a task to wait for, or a fault.
    private mutating func accept(
        _ response: HTTPResponse, uri: String, context: RequestContext
    ) async throws(BMCFault) -> String? {
        guard response.status == 202 else {
            guard (200...299).contains(response.status) else { throw Self.fault(ofWrite: response, uri: uri) }
            return RedfishErrorText.objection(in: response.body)
        }
        // Without a monitor the reading back has to tell.
        guard let monitor = response.header("Location").flatMap(localPath) else { return nil }
        let end = ContinuousClock.now + (context.limit(options.taskTimeout, now: .now) ?? .zero)
        var delay = Duration.milliseconds(250)
        while ContinuousClock.now + delay < end {
            do { try await Task.sleep(for: delay) } catch {
                throw BMCFault(.unknownEffect, "stopped while waiting for the task of the write to \(uri)")
            }
            delay = min(delay * 2, .seconds(5))
            let state = try await authorizedExchange(.get, monitor, context: context).response
            switch state.status {
            case 202: continue
            case 200...299:
                if try Self.isRunning(state, uri) { continue }
                return RedfishErrorText.objection(in: state.body)
            // Some forget a monitor as soon as the task is over.
            case 404, 410: return nil
            // In the name of what was written: a monitor's number is another one each time, and would be news.
            default: throw Self.fault(ofWrite: state, uri: uri)
            }
        }
        throw BMCFault(.unknownEffect, "the task of the write to \(uri) did not end in time")
    }

    /// A Location may name the Task itself instead of its monitor; its state then says how it goes (DSP2046, Task).
    private static func isRunning(_ response: HTTPResponse, _ uri: String) throws(BMCFault) -> Bool {
        guard let json = try? JSONValue(parsing: response.body), let state = json["TaskState"]?.string else {
            return false
        }
        if ["Exception", "Killed", "Cancelled", "Interrupted"].contains(state) {
            // How far it came before that is not told.
            throw BMCFault(.unknownEffect, "the task of the write to \(uri) ended as \(state)")
        }
        return state != "Completed"
    }
}
