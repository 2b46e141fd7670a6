import Curl
import PowerEvents
import Redfish
import Shedding
import Site
public import StrictJSON

/// A read-only probe of every BMC: what an enforcement would meet, before there is one.
public struct Preflight: Sendable {
    private let configuration: AgentConfiguration
    private let assessor: Assessor

    public init(_ configuration: AgentConfiguration) {
        self.configuration = configuration
        assessor = Assessor(policy: configuration.policy)
    }

    /// Probes these resources, or all.
    ///
    /// - Parameters:
    ///   - names: their ids; nil for all
    ///   - progress: told of each that is done, as it is, and how many are by then out of how many
    /// - Returns: in the inventory's order; protected resources and places without a BMC are not probed
    public func run(
        _ names: Set<String>? = nil, progress: @escaping @Sendable (Assessment, _ done: Int, _ of: Int) -> Void = { _, _, _ in }
    ) async -> [Assessment] {
        let site = configuration.site
        let resources = site.order.compactMap { site.resources[$0] }.filter { resource in
            names.map { $0.contains(resource.id) } ?? true && resource.bmc != nil && !resource.isProtected
        }
        let pool = HTTPClientPool(configuration.pool.fitted())
        let clients = ClientDirectory(
            transport: pool, options: configuration.redfish, credentials: site.credentials)
        // A BMC is spoken to by one at a time; its resources come one after another.
        let byBMC = Dictionary(grouping: resources) { $0.bmc?.address }
        var results: [String: Assessment] = [:]
        await withTaskGroup(of: Assessment.self) { group in
            for own in byBMC.values {
                group.addTask { [assessor] in await Self.assess(own[0], site, assessor, clients) }
            }
            var waiting = byBMC.mapValues { $0.dropFirst() }
            while let result = await group.next() {
                results[result.resource] = result
                progress(result, results.count, resources.count)
                guard let address = result.bmc?.address, let next = waiting[address]?.popFirst() else { continue }
                group.addTask { [assessor] in await Self.assess(next, site, assessor, clients) }
            }
        }
        await clients.closeAll()
        pool.shutDown()
        for result in results.values {
            for (gpu, watts) in result.gpuDraws { results[gpu]?.draw = watts }
        }
        var assessments = resources.compactMap { results[$0.id] }
        Assessment.joinShared(&assessments)
        Self.warnOfProtected(&assessments, site)
        return assessments
    }

    /// What is protected is never touched; a BMC that it shares with what is not deserves a probe.
    private static func warnOfProtected(_ assessments: inout [Assessment], _ site: Site) {
        let protected = site.resources.values.filter { $0.isProtected && $0.bmc != nil }
        let byBMC = Dictionary(grouping: protected) { $0.bmc?.address }
        for index in assessments.indices {
            guard let own = byBMC[assessments[index].bmc?.address], !own.isEmpty else { continue }
            let names = own.map(\.id).sorted().prefix(8).joined(separator: ", ")
            assessments[index].remarks.append("warning: its BMC is that of \(names) too, which the inventory protects")
        }
    }

    private static func assess(
        _ resource: Resource, _ site: Site, _ assessor: Assessor, _ clients: ClientDirectory
    ) async -> Assessment {
        var failed = Assessment(resource)
        guard let bmc = resource.bmc else { return failed }
        do throws(BMCFault) {
            let client = try await clients.client(for: bmc)
            let gpus = resource.type == .node ? site.children(of: resource.id).filter { !$0.isProtected } : []
            var result = await assessor.assess(resource, gpus: gpus, through: client)
            // A BMC that asks for a moment gets it, twice.
            for _ in 0..<2 {
                guard let wait = result.retryAfter else { break }
                try? await Task.sleep(for: min(wait, .seconds(30)))
                result = await assessor.assess(resource, gpus: gpus, through: client)
            }
            return result
        } catch {
            failed.objections.append(error.message)
            return failed
        }
    }

    public static func json(_ assessments: [Assessment]) -> JSONValue {
        [
            "enforceable": .number(JSONNumber(assessments.count(where: \.isEnforceable))),
            "resources": .number(JSONNumber(assessments.count)), "results": .array(assessments.map(\.json)),
        ]
    }
}
