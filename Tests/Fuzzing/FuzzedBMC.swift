import Curl
import Dispatch
import PowerEvents
import Redfish
import Shedding
import Site

/// A BMC whose answers are the fuzzer's: the bytes, cut at each zero, are the answers. Of each, the first byte is the
/// status, and what stands before an empty line are headers, as on the wire.
enum FuzzedBMC {
    private struct Answer {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: [UInt8]

        init(_ bytes: ArraySlice<UInt8>) {
            let statuses = [
                200, 200, 200, 201, 202, 204, 301, 302, 307, 308, 400, 401, 403, 404, 406, 409, 412, 428, 429, 500, 503,
                999,
            ]
            status = statuses[Int(bytes.first ?? 0) % statuses.count]
            var rest = bytes.dropFirst()
            var headers: [(name: String, value: String)] = []
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")), headers.count < 20 {
                let line = rest[..<end]
                guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
                    // An empty line ends the headers; without one, all is body.
                    if line.isEmpty { rest = rest[(end + 1)...] }
                    break
                }
                let text = line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") }
                headers.append((String(decoding: line[..<colon], as: UTF8.self), String(decoding: text, as: UTF8.self)))
                rest = rest[(end + 1)...]
            }
            self.headers = headers
            body = Array(rest)
        }
    }

    private struct Transport: HTTPTransport {
        let answers: [Answer]

        func send(_ request: HTTPRequest) async throws -> HTTPResponse {
            check(request.url.hasPrefix("https://127.0.0.1/"), "a request left the BMC: \(request.url)")
            check(
                request.url.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "no request line carries \(request.url)")
            for header in request.headers {
                check(!header.value.utf8.contains { $0 == 13 || $0 == 10 }, "a header was broken in two")
            }
            // The same question has the same answer, and there are never more than a few of them.
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in (request.method.rawValue + request.url).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            let answer = answers[Int(hash % UInt64(answers.count))]
            return HTTPResponse(status: answer.status, headers: answer.headers, body: answer.body, elapsed: .zero)
        }
    }

    static func visit(_ bytes: [UInt8]) {
        let answers = bytes.split(separator: 0, maxSplits: 16).map(Answer.init)
        guard !answers.isEmpty, let address = BMC.Address("https://127.0.0.1") else { return }
        let bmc = BMC(address: address, credentials: "bmc", trust: .unverified)
        let client = BMCClient(
            bmc: bmc, credentials: CredentialReference(username: "u", secret: .value("p")),
            transport: Transport(answers: answers), options: RedfishOptions(taskTimeout: .milliseconds(1)))
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
                    check(watts.microwatts >= 0, "a negative limit was read")
                }
                _ = await client.write(facet == .powerState ? .reset(.on) : .limit(Watts(500)), entry)
                _ = await client.write(.restore(reading.fragment), entry)
            }
            done.signal()
        }
        done.wait()
    }
}
