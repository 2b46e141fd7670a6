import PowerEvents
import Shedding
import Site
import StrictJSON

extension String: RecordValue {
    func write(to text: inout RecordText) { text.write(self) }

    init(reading source: RecordSource) throws {
        guard let string = source.json.string else { throw source.wrong("a text") }
        self = string
    }
}

extension Bool: RecordValue {
    func write(to text: inout RecordText) { text.write(self) }

    init(reading source: RecordSource) throws {
        guard let flag = source.json.bool else { throw source.wrong("true or false") }
        self = flag
    }
}

extension FixedWidthInteger where Self: RecordValue {
    func write(to text: inout RecordText) { text.write(self) }

    init(reading source: RecordSource) throws {
        guard let number = source.json.number, let value = Self(number.text) else {
            throw source.wrong("a whole number from \(Self.min) to \(Self.max)")
        }
        self = value
    }
}

extension Int: RecordValue {}
extension Int64: RecordValue {}
extension UInt64: RecordValue {}

extension Array: RecordValue where Element: RecordValue {
    func write(to text: inout RecordText) { text.list(self) }

    init(reading source: RecordSource) throws {
        guard let elements = source.json.array else { throw source.wrong("a list") }
        self = try elements.enumerated().map { index, element in
            do {
                return try Element(reading: RecordSource(json: element, version: source.version))
            } catch let error as RecordError {
                throw error.within("\(index)")
            }
        }
    }
}

/// What a BMC spelled, as it is: numbers keep their text, members their order, and null is not absence. Earlier versions
/// kept it as text within the text.
extension JSONValue: RecordValue {
    func write(to text: inout RecordText) { text.write(json: self) }

    init(reading source: RecordSource) throws {
        guard source.isEarlier else {
            self = source.json
            return
        }
        let text = try String(reading: source)
        do { try self.init(parsing: Array(text.utf8), limits: .widest) } catch {
            throw RecordError("is no JSON: \(error)")
        }
    }
}

/// Enumerations whose raw values are words of the contract, of Redfish or of this project's own files.
extension RawRepresentable where RawValue == String, Self: RecordValue {
    func write(to text: inout RecordText) { text.write(rawValue) }

    init(reading source: RecordSource) throws {
        let word = try String(reading: source)
        guard let value = Self(rawValue: word) else { throw source.unknown(word) }
        self = value
    }
}

extension ResourceType: RecordValue {}
extension ShedAction: RecordValue {}
extension PowerUnit: RecordValue {}
extension PowerState: RecordValue {}
extension EnforcementResult.Code: RecordValue {}

extension UUIDText: RecordValue {
    func write(to text: inout RecordText) { text.write(self.text) }

    init(reading source: RecordSource) throws {
        let text = try source.string(earlier: "text")
        guard let id = UUIDText(text) else { throw RecordError("is \"\(text)\", not a UUID") }
        self = id
    }
}
