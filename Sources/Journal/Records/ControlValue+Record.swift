import PowerEvents
import Shedding
import StrictJSON

/// `{"power_limit_microwatts": 700000000}`, with null where no limit is in force; `{"power_state": "Off"}`.
extension ControlValue: RecordValue {
    func write(to text: inout RecordText) {
        switch self {
        case .limit(let watts): text.only("power_limit_microwatts", Nullable(watts))
        case .speed(let speed): text.only("speed_limit_megahertz", Nullable(speed))
        case .power(let state): text.only("power_state", state)
        case .mode(let mode): text.only("power_mode", mode)
        }
    }

    init(reading source: RecordSource) throws {
        if source.isEarlier {
            self = try Self.earlier(source)
        } else if let watts: Nullable<Watts> = try source.optional("power_limit_microwatts") {
            self = .limit(watts.value)
        } else if let speed: Nullable<Megahertz> = try source.optional("speed_limit_megahertz") {
            self = .speed(speed.value)
        } else if let state: PowerState = try source.optional("power_state") {
            self = .power(state)
        } else if let mode: String = try source.optional("power_mode") {
            self = .mode(mode)
        } else {
            throw source.wrong("what a control can hold")
        }
    }

    private static func earlier(_ source: RecordSource) throws -> ControlValue {
        let (name, values) = try source.earlierCase()
        switch name {
        case "limit": return .limit(try values.optional("_0"))
        case "speed": return .speed(try values.optional("_0"))
        case "power": return .power(try values.required("_0"))
        case "mode": return .mode(try values.required("_0"))
        default: throw source.unknown(name)
        }
    }
}

/// A value whose absence is said.
private struct Nullable<Value: RecordValue>: RecordValue {
    let value: Value?

    init(_ value: Value?) { self.value = value }

    func write(to text: inout RecordText) {
        if let value { value.write(to: &text) } else { text.write(json: .null) }
    }

    init(reading source: RecordSource) throws { value = source.json.isNull ? nil : try Value(reading: source) }
}
