import Foundation
import Hummingbird
import NIOCore
import Page
import PowerEvents
import ServiceLifecycle
import Shedding
import Site
import StrictJSON

/// The interface for programs: the same values as the command line's `--json`, and what changes of them.
struct APIRoutes: Sendable {
    let board: StatusBoard
    let history: HistoryDesk
    let evidence: EvidenceDesk

    /// Each, as `openapi.json` describes it.
    static let paths = [
        "/api/v1/status", "/api/v1/breaches", "/api/v1/breaches/{id}", "/api/v1/resources", "/api/v1/resources/{id}",
        "/api/v1/history", "/api/v1/stream", "/api/v1/openapi.json",
    ]

    /// How many of a list one answer holds.
    static let limits = 1...1000
    static let usualLimit = 100

    func add(to router: Router<BasicRequestContext>) {
        router.get("/api/v1/status") { request, _ in await status(request) }
        router.get("/api/v1/breaches") { request, _ in await breaches(request) }
        router.get("/api/v1/breaches/:id") { request, context in
            try await breach(context.parameters.get("id") ?? "", request)
        }
        router.get("/api/v1/resources") { request, _ in await resources(request) }
        router.get("/api/v1/resources/:id") { request, context in
            let id = context.parameters.get("id").flatMap { $0.removingPercentEncoding } ?? ""
            guard let explanation = try await board.explanation(of: id) else {
                return refusal("\"\(id)\" is not in the inventory, and nothing of it is held", .notFound)
            }
            return Rendering(explanation.json).response(to: request)
        }
        router.get("/api/v1/history") { request, _ in try await history(request) }
        router.get("/api/v1/stream") { request, _ in await stream(request) }
        let interface = Rendering(PageAssets.interface.bytes, PageAssets.interface.type)
        router.get("/api/v1/openapi.json") { request, _ in interface.response(to: request) }
    }

    private func status(_ request: Request) async -> Response {
        await board.rendering("status") { view in
            var object = view.snapshot.json.object ?? JSONObject()
            let at = object["at"] ?? .null
            object["at"] = nil
            var bytes = JSONValue.object(object).bytes
            // The time is no part of what is told apart.
            let tag = ContentTag.of(bytes)
            bytes.removeLast()
            bytes += Array(",\"at\":\(at.text)}".utf8)
            return Rendering(bytes, "application/json", tag: tag)
        }.response(to: request)
    }

    private func breaches(_ request: Request) async -> Response {
        let parameters = request.uri.queryParameters
        guard let limit = Self.limit(parameters.get("limit")) else { return badLimit }
        let wanted = parameters.get("state") ?? "all"
        guard ["all", "open", "closed"].contains(wanted) else {
            return refusal("state: should be open, closed or all", .badRequest)
        }
        let snapshot = await board.view().snapshot
        var breaches = wanted == "closed" ? [] : snapshot.breaches
        if wanted != "open" { breaches += snapshot.past }
        let skipped =
            parameters.get("after").map { after in (breaches.firstIndex { $0.id.text == after } ?? -1) + 1 } ?? 0
        let page = breaches.dropFirst(skipped).prefix(limit)
        let next = skipped + page.count < breaches.count ? page.last?.id.text : nil
        return Rendering(.array(page.map { snapshot.json($0) })).response(
            to: request, headers: Self.link(to: next, limit, "/api/v1/breaches", [("state", wanted)]))
    }

    private func breach(_ name: String, _ request: Request) async throws -> Response {
        do {
            return Rendering(try await board.breach(name, evidence).json).response(to: request)
        } catch let error as BreachName.NotOne {
            return refusal(error.message, error.status)
        }
    }

    private func resources(_ request: Request) async -> Response {
        let parameters = request.uri.queryParameters
        guard let limit = Self.limit(parameters.get("limit")) else { return badLimit }
        let query = String((parameters.get("q") ?? "").prefix(PageRoutes.longestQuery))
        let state = parameters.get("state")
        if let state, ResourceState(rawValue: state) == nil {
            let known = ResourceState.allCases.map(\.rawValue).joined(separator: ", ")
            return refusal("state: should be one of \(known)", .badRequest)
        }
        let needle = query.lowercased()
        let rows = await board.view().rows.filter {
            (state == nil || $0.state.rawValue == state) && $0.matches(needle)
        }
        // What is gone meanwhile begins from the start again, rather than ending a listing early.
        let skipped = parameters.get("after").map { after in (rows.firstIndex { $0.id == after } ?? -1) + 1 } ?? 0
        let page = rows.dropFirst(skipped).prefix(limit)
        let next = skipped + page.count < rows.count ? page.last?.id : nil
        var more = [("q", query)]
        if let state { more.append(("state", state)) }
        return Rendering(.array(page.map(\.json))).response(
            to: request, headers: Self.link(to: next, limit, "/api/v1/resources", more.filter { !$0.1.isEmpty }))
    }

    private func history(_ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        guard let limit = Self.limit(parameters.get("limit")) else { return badLimit }
        var wish = HistoryRequest()
        wish.limit = limit
        wish.isRefusals = parameters.get("refused").map { $0 != "false" } ?? false
        wish.breach = parameters.get("breach")
        wish.resources = parameters.getAll("resource")
        for (name, place) in [("since", \HistoryRequest.since), ("until", \.until)] {
            guard let text = parameters.get(name) else { continue }
            guard let time = Timestamp(text) ?? Int64(text).map(Timestamp.init(milliseconds:)) else {
                return refusal(
                    "\(name): should be a time such as 2026-11-21T04:20:00Z, or milliseconds since 1970", .badRequest)
            }
            wish[keyPath: place] = time
        }
        if let text = parameters.get("after") {
            guard let after = Int(text), after >= 0 else {
                return refusal("after: should be the seq of a line", .badRequest)
            }
            wish.after = after
        }
        do {
            return Rendering(try await history.answer(wish)).response(to: request)
        } catch let error as BreachName.NotOne {
            return refusal(error.message, error.status)
        } catch let unknown as ResourceSelection.Unknown {
            return refusal("\(unknown), and the history nothing of it", .notFound)
        }
    }

    private func stream(_ request: Request) async -> Response {
        let parameters = request.uri.queryParameters
        guard let audience = BoardChange.Audience(rawValue: parameters.get("view") ?? "programs") else {
            return refusal("view: should be programs or page", .badRequest)
        }
        guard await board.hasRoom else {
            var response = refusal(
                "\(StatusBoard.maximumListeners) listen already; try again later", .serviceUnavailable)
            response.headers[.retryAfter] = "10"
            return response
        }
        // Of a browser that comes back, this is newer than what stands in the address.
        let last = HTTPFields.Element.Name("Last-Event-ID").flatMap { request.headers[$0] }
        let after = last ?? parameters.get("after")
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        if request.method == .head { return Response(status: .ok, headers: headers) }
        let board = board
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                if let listening = await board.listen(audience, after: after) {
                    do {
                        for await event in listening.events.cancelOnGracefulShutdown() {
                            try await writer.write(ByteBuffer(string: event.text(for: audience)))
                        }
                    } catch {
                        await board.leave(listening.id)
                        throw error
                    }
                    await board.leave(listening.id)
                }
                try await writer.finish(nil)
            })
    }

    // MARK: Limits

    private static func limit(_ text: String?) -> Int? {
        guard let text else { return usualLimit }
        return Int(text).flatMap { limits.contains($0) ? $0 : nil }
    }

    private var badLimit: Response {
        refusal("limit: should be from \(Self.limits.lowerBound) to \(Self.limits.upperBound)", .badRequest)
    }

    /// Where the rest is (RFC 8288).
    private static func link(
        to next: String?, _ limit: Int, _ path: String, _ more: [(String, String)]
    ) -> HTTPFields {
        guard let next, let name = HTTPFields.Element.Name("Link") else { return [:] }
        let query = ([("limit", "\(limit)"), ("after", next)] + more).map { "\($0)=\(PageDocument.encoded($1))" }
        return [name: "<\(path)?\(query.joined(separator: "&"))>; rel=\"next\""]
    }
}

private func refusal(_ message: String, _ status: HTTPResponse.Status) -> Response {
    let error: JSONValue = ["error": .string(message)]
    return answer(error.text + "\n", "application/json", status: status)
}
