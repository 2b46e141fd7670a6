import Curl
import Dispatch
import Inventory
import PowerEvents
import Redfish
import Shedding

/// A BMC whose answers are the fuzzer's: the bytes, cut at each zero, are the documents, and their first byte is the
/// status.
enum FuzzedBMC {
    private struct Transport: HTTPTransport {
        let documents: [[UInt8]]

        func send(_ request: HTTPRequest) async throws -> HTTPResponse {
            // The same question has the same answer, and there are never more than a few documents.
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in request.url.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            let document = documents[Int(hash % UInt64(documents.count))]
            let statuses = [200, 200, 200, 201, 204, 301, 400, 401, 404, 412, 500]
            let status = request.method == .get ? 200 : statuses[Int(document.first ?? 0) % statuses.count]
            return HTTPResponse(
                status: status, headers: [], body: Array(document.dropFirst()), elapsed: .zero)
        }
    }

    static func visit(_ bytes: [UInt8]) {
        let documents = bytes.split(separator: 0, maxSplits: 16).map(Array.init)
        guard !documents.isEmpty, let address = BMC.Address("https://127.0.0.1") else { return }
        let bmc = BMC(address: address, credentials: "bmc", trust: .unverified)
        let client = BMCClient(
            bmc: bmc, credentials: CredentialReference(username: "u", secret: .value("p")),
            transport: Transport(documents: documents), options: RedfishOptions(taskTimeout: .milliseconds(1)))
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            let resources: [(ResourceType, ControlKey.Facet, Resource.Pins)] = [
                (.node, .powerLimit, .init()), (.gpu, .powerLimit, .init(processor: "GPU_1")),
                (.chassis, .powerLimit, .init(chassis: "C")), (.node, .powerState, .init(system: "S")),
                (.gpu, .speedLimit, .init(processor: "GPU_1")), (.node, .powerMode, .init()),
            ]
            for (type, facet, pins) in resources {
                let entry = ControlEntry(
                    key: ControlKey(resource: "r-\(type.rawValue)", facet: facet), type: type, bmc: bmc, pins: pins)
                guard case .success(let reading) = await client.read(entry) else { continue }
                if case .limit(let watts?) = reading.value {
                    precondition(watts.microwatts >= 0, "a negative limit was read")
                }
                _ = await client.write(facet == .powerState ? .reset("On") : .limit(Watts(500)), entry)
                _ = await client.write(.restore(reading.fragment), entry)
            }
            done.signal()
        }
        done.wait()
    }
}
