import Foundation
import Hummingbird
import Page
import Shedding
import StrictJSON

/// The page for people.
struct PageRoutes: Sendable {
    let board: StatusBoard
    let evidence: EvidenceDesk

    func add(to router: Router<BasicRequestContext>) {
        router.get("/") { request, _ in await overview(request) }
        router.get("/find") { request, _ in await find(request) }
        router.get("/resources/:id") { request, context in try await resource(context.parameters.get("id"), request) }
        router.get("/breaches/:id") { request, context in try await breach(context.parameters.get("id"), request) }
        let assets = Dictionary(
            uniqueKeysWithValues: PageAssets.all.map { ($0.name, Rendering($0.bytes, $0.type, tag: $0.tag)) })
        router.get("/assets/:name") { request, context in
            guard let name = context.parameters.get("name"), let asset = assets[name] else {
                throw HTTPError(.notFound, message: "there is no such file")
            }
            return asset.response(to: request, isLasting: request.uri.query == asset.tag)
        }
    }

    /// More is no search.
    static let longestQuery = 200

    private static func query(_ request: Request) -> String {
        String((request.uri.queryParameters.get("q") ?? "").prefix(longestQuery))
    }

    private func overview(_ request: Request) async -> Response {
        let query = Self.query(request)
        guard !query.isEmpty else {
            return await board.rendering("overview") { view in
                Rendering(PageDocument.overview(view.input), tag: view.input.version)
            }.response(to: request)
        }
        return await board.rendering("overview \(query)") { view in
            Rendering(PageDocument.overview(view.input, query: query), tag: "\(view.input.version).q")
        }.response(to: request)
    }

    private func find(_ request: Request) async -> Response {
        let query = Self.query(request)
        return await board.rendering("find \(query)") { view in
            Rendering(PageDocument.results(view.input, query: query), tag: "\(view.input.version).f")
        }.response(to: request)
    }

    private func resource(_ id: String?, _ request: Request) async throws -> Response {
        let id = id.flatMap { $0.removingPercentEncoding } ?? ""
        let view = await board.view()
        guard let explanation = try await board.explanation(of: id) else {
            return Rendering(
                PageDocument.problem(
                    "No such resource", "There is no \(id) in the inventory, and nothing of that name is held.",
                    status: view.input.status)
            ).response(to: request, status: .notFound)
        }
        let row = view.rows.first { $0.id == explanation.id }
        return Rendering(
            PageDocument.explanation(explanation.json, row: row, status: view.input.status)
        ).response(to: request)
    }

    private func breach(_ name: String?, _ request: Request) async throws -> Response {
        let view = await board.view()
        do {
            let (json, history) = try await board.breach(name ?? "", evidence)
            return Rendering(
                PageDocument.breach(json, history: history.array ?? [], status: view.input.status)
            ).response(to: request)
        } catch let unknown as BreachName.NotOne {
            return Rendering(
                PageDocument.problem("No such breach", unknown.message, status: view.input.status)
            ).response(to: request, status: unknown.status)
        }
    }
}
