import StrictJSON

/// What the protocol itself asks of a service, apart from any machine (DSP0266, 6 to 8).
extension RedfishTree {
    /// The resources that everybody may read.
    func open(_ path: String) -> Answer? {
        switch path {
        case "/redfish": return Answer(status: 200, body: ["v1": "/redfish/v1/"])
        case "/redfish/v1": return Answer(status: 200, body: root)
        case "/redfish/v1/odata": return Answer(status: 200, body: service)
        case "/redfish/v1/$metadata":
            var answer = Answer(status: 200)
            answer.raw = Array(Self.metadata.utf8)
            answer.contentType = "application/xml"
            return answer
        default: return nil
        }
    }

    /// What may be done to a resource that there is.
    func methods(_ path: String) -> [String] {
        let style = machine.limit.style
        let gpus = machine.gpus.map { paths.gpuLimit($0.key, $0.value.style) }
        if path == personality.sessions { return ["GET", "HEAD", "POST"] }
        if let base = paths.nodeManager, path.hasPrefix(base + "/Policies") {
            return path == base + "/Policies" ? ["GET", "HEAD", "POST"] : ["GET", "HEAD", "PATCH", "DELETE"]
        }
        if isSharedLimit(path) { return ["GET", "HEAD", "PATCH"] }
        let limit = style.place == .powerMember ? paths.powerMember : paths.limit(style)
        let isWritable = ![.none, .percent, .acceleratorService].contains(style.place) && path == limit
        if isWritable || gpus.contains(path) { return ["GET", "HEAD", "PATCH"] }
        return ["GET", "HEAD"]
    }

    /// Whether it shows a limit on several GPUs.
    private func isSharedLimit(_ path: String) -> Bool {
        machine.shared.contains { paths.shared($0).contains(path) }
    }

    /// The OData service document.
    private var service: JSONValue {
        let names = ["Systems", "Chassis", "Managers", "SessionService"]
        let links = names.filter { root[$0] != nil }.map { name -> JSONValue in
            ["name": .string(name), "kind": "Singleton", "url": .string("/redfish/v1/\(name)")]
        }
        let own: JSONValue = ["name": "Service", "kind": "Singleton", "url": "/redfish/v1/"]
        return ["@odata.context": "/redfish/v1/$metadata", "value": .array([own] + links)]
    }

    private static let metadata = """
        <?xml version="1.0" encoding="UTF-8"?>
        <edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">
          <edmx:Reference Uri="http://redfish.dmtf.org/schemas/v1/ServiceRoot_v1.xml">
            <edmx:Include Namespace="ServiceRoot"/>
            <edmx:Include Namespace="ServiceRoot.v1_15_0"/>
          </edmx:Reference>
          <edmx:DataServices>
            <Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Service">
              <EntityContainer Name="Service" Extends="ServiceRoot.v1_15_0.ServiceContainer"/>
            </Schema>
          </edmx:DataServices>
        </edmx:Edmx>
        """
}

/// Headers that every answer has to have (DSP0266, 8.2).
enum ProtocolHeaders {
    static func of(_ request: SimulatedBMC.Request, _ answer: Answer, _ tree: RedfishTree) -> [(String, String)] {
        var headers: [(String, String)] = []
        if answer.status == 401 { headers.append(("WWW-Authenticate", "Basic realm=\"Redfish\"")) }
        if request.isRead || answer.status == 405 {
            headers.append(("Allow", tree.methods(request.path).joined(separator: ", ")))
        }
        if request.isRead, answer.status == 200, let type = answer.body?["@odata.type"]?.string {
            let schema = type.drop { $0 == "#" }.split(separator: ".").dropLast().joined(separator: ".")
            headers.append(
                ("Link", "<http://redfish.dmtf.org/schemas/v1/\(schema).json>; rel=describedby"))
        }
        return headers
    }
}
