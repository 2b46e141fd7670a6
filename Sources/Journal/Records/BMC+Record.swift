import Site
import StrictJSON

extension BMC: RecordFields {
    static let fields: [RecordField<BMC>] = [
        .fixed("address") { $0.address },
        .fixed("credentials") { $0.credentials },
        .fixed("trust") { $0.trust },
    ]

    init(beginning source: RecordSource) throws {
        self.init(
            address: try source.required("address"), credentials: try source.required("credentials"),
            trust: try source.required("trust"))
    }
}

/// Its text, as it was taken once. One that would not be acceptable any more is still the address of what is held there.
extension BMC.Address: RecordValue {
    func write(to text: inout RecordText) { text.write(description) }

    init(reading source: RecordSource) throws {
        let text = try source.string(earlier: "description")
        guard let address = Self(recorded: text) else { throw RecordError("is \"\(text)\", no address of a BMC") }
        self = address
    }
}

/// One member, as the inventory's `tls` names them.
extension BMC.Trust: RecordValue {
    func write(to text: inout RecordText) {
        switch self {
        case .systemAuthorities: text.only("system_authorities", true)
        case .authorities(let file): text.only("ca", file)
        case .pin(let pin): text.only("pin", pin)
        case .unverified: text.only("verify", false)
        }
    }

    init(reading source: RecordSource) throws {
        if source.isEarlier {
            self = try Self.earlier(source)
        } else if let file: String = try source.optional("ca") {
            self = .authorities(file: file)
        } else if let pin: String = try source.optional("pin") {
            self = .pin(pin)
        } else if source.json["system_authorities"]?.bool == true {
            self = .systemAuthorities
        } else if source.json["verify"]?.bool == false {
            self = .unverified
        } else {
            throw source.wrong("a way to trust a certificate")
        }
    }

    private static func earlier(_ source: RecordSource) throws -> BMC.Trust {
        let (name, values) = try source.earlierCase()
        switch name {
        case "systemAuthorities": return .systemAuthorities
        case "authorities": return .authorities(file: try values.required("file"))
        case "pin": return .pin(try values.required("_0"))
        case "unverified": return .unverified
        default: throw source.unknown(name)
        }
    }
}

extension Resource.Pins: RecordFields {
    static let fields: [RecordField<Resource.Pins>] = [
        .optional("power_limit", earlier: "powerLimit", { $0.powerLimit }, { $0.powerLimit = $1 }),
        .optional("system", { $0.system }, { $0.system = $1 }),
        .optional("chassis", { $0.chassis }, { $0.chassis = $1 }),
        .optional("processor", { $0.processor }, { $0.processor = $1 }),
        .optional("node_manager", { $0.nodeManager ? true : nil }, { $0.nodeManager = $1 }),
    ]

    init(beginning source: RecordSource) { self.init() }
}
