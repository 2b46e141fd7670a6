import PowerEvents
import Shedding
import StrictJSON

/// One member, whose name says what is asked for.
extension Demand: RecordValue {
    func write(to text: inout RecordText) {
        switch self {
        case .cap(let watts): text.only("cap_microwatts", watts)
        case .capToShare(let share): text.only("cap_basis_points", share)
        case .capToMinimum: text.only("cap_to_minimum", true)
        case .suspended: text.only("suspend", true)
        case .slowToShare(let share): text.only("speed_basis_points", share)
        case .mode(let mode): text.only("power_mode", mode)
        }
    }

    init(reading source: RecordSource) throws {
        if source.isEarlier {
            self = try Self.earlier(source)
        } else if let watts: Watts = try source.optional("cap_microwatts") {
            self = .cap(watts)
        } else if let share: Share = try source.optional("cap_basis_points") {
            self = .capToShare(share)
        } else if source.json["cap_to_minimum"] != nil {
            self = .capToMinimum
        } else if source.json["suspend"] != nil {
            self = .suspended
        } else if let share: Share = try source.optional("speed_basis_points") {
            self = .slowToShare(share)
        } else if let mode: String = try source.optional("power_mode") {
            self = .mode(mode)
        } else {
            throw source.wrong("a demand")
        }
    }

    private static func earlier(_ source: RecordSource) throws -> Demand {
        let (name, values) = try source.earlierCase()
        switch name {
        case "cap": return .cap(try values.required("_0"))
        case "capToShare": return .capToShare(try values.required("_0"))
        case "capToMinimum": return .capToMinimum
        case "suspended": return .suspended
        case "slowToShare": return .slowToShare(try values.required("_0"))
        case "mode": return .mode(try values.required("_0"))
        default: throw source.unknown(name)
        }
    }
}
