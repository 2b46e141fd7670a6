import Curl
public import Inventory
import Redfish
import Shedding
public import Site

/// Walks BMCs and drafts the inventory of what they manage. Reads only.
public struct InventoryDiscovery: Sendable {
    private let login: CredentialReference
    private let passwordFile: String
    private let trust: BMC.Trust

    public init(login: CredentialReference, passwordFile: String, trust: BMC.Trust) {
        self.login = login
        self.passwordFile = passwordFile
        self.trust = trust
    }

    public func run(
        _ bmcs: [BMC], progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) async -> InventoryDraft {
        let pool = HTTPClientPool(HTTPClientPool.Configuration().fitted())
        var found: [BMC.Address: Result<BMCSurvey, BMCFault>] = [:]
        await withTaskGroup(of: (BMC.Address, Result<BMCSurvey, BMCFault>).self) { group in
            for bmc in bmcs {
                group.addTask {
                    let client = BMCClient(bmc: bmc, credentials: login, transport: pool)
                    var result = await client.survey()
                    // A BMC that asks for a moment gets it, twice.
                    for _ in 0..<2 {
                        guard case .failure(let fault) = result, fault.kind == .busy else { break }
                        try? await Task.sleep(for: min(fault.retryAfter ?? .seconds(1), .seconds(30)))
                        result = await client.survey()
                    }
                    await client.close()
                    return (bmc.address, result)
                }
            }
            for await (address, result) in group {
                found[address] = result
                progress(found.count, bmcs.count)
            }
        }
        pool.shutDown()
        var draft = InventoryDraft(username: login.username, passwordFile: passwordFile, trust: trust)
        for bmc in bmcs {
            switch found[bmc.address] {
            case .success(let survey): draft.add(bmc.address, survey.draft)
            case .failure(let fault): draft.addFailure(bmc.address, fault.message)
            case nil: continue
            }
        }
        return draft
    }
}

extension BMCSurvey {
    fileprivate var draft: InventoryDraft.Machine {
        InventoryDraft.Machine(
            nodes: nodes.map { node in
                InventoryDraft.Node(
                    name: node.hostName, id: node.system,
                    comment: [node.model, node.serial, node.reason == nil ? nil : "no power limit"]
                        .compactMap { $0 }.joined(separator: ", "),
                    system: hasOtherSystems ? node.system : nil,
                    gpus: node.gpus.map { gpu in draft(gpu, isPinned: nodes.count > 1) },
                    control: node.control?.description)
            },
            gpus: otherGPUs.map { draft($0, isPinned: true) },
            chassis: chassis.map { InventoryDraft.Chassis(id: $0.id, control: $0.control.description) },
            remarks: remarks)
    }

    private func draft(_ gpu: GPU, isPinned: Bool) -> InventoryDraft.GPU {
        InventoryDraft.GPU(
            processor: gpu.processor, system: isPinned ? gpu.system : nil, control: gpu.control?.description)
    }
}
