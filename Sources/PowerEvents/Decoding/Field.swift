import StrictJSON

/// A JSON value that knows its path, so that every complaint about it can name both.
struct Field {
    let value: JSONValue
    private let place: Place

    /// Spelled only where there is something to complain about: an alert has tens of thousands of fields.
    private indirect enum Place {
        case root
        case member(String, of: Place)
        case element(Int, of: Place)

        var path: String {
            switch self {
            case .root: "$"
            case .member(let key, let parent): "\(parent.path).\(key)"
            case .element(let index, let parent): "\(parent.path)[\(index)]"
            }
        }
    }

    init(_ value: JSONValue) { self.init(value, .root) }

    private init(_ value: JSONValue, _ place: Place) {
        self.value = value
        self.place = place
    }

    /// Such as `$.shed_hints[3].action`.
    var path: String { place.path }

    func error(_ problem: String) -> EventDecodingError {
        let text = value.text
        return EventDecodingError(path: path, problem: problem, value: text.count > 80 ? text.prefix(77) + "..." : text)
    }

    /// The member that the contract requires.
    func required(_ key: String) throws -> Field {
        guard case .object(let object) = value else { throw error("should be an object") }
        guard let member = object[key] else {
            throw EventDecodingError(path: "\(path).\(key)", problem: "is missing")
        }
        return Field(member, .member(key, of: place))
    }

    /// The member where it is present; a `null` counts as absent.
    func optional(_ key: String) throws -> Field? {
        guard case .object(let object) = value else { throw error("should be an object") }
        guard let member = object[key], !member.isNull else { return nil }
        return Field(member, .member(key, of: place))
    }

    func string() throws -> String {
        guard let text = value.string else { throw error("should be a string") }
        return text
    }

    func nonEmptyString() throws -> String {
        let text = try string()
        guard !text.isEmpty else { throw error("should not be empty") }
        return text
    }

    func bool() throws -> Bool {
        guard let flag = value.bool else { throw error("should be true or false") }
        return flag
    }

    func elements() throws -> [Field] {
        guard let array = value.array else { throw error("should be an array") }
        return array.enumerated().map { Field($1, .element($0, of: place)) }
    }

    func members() throws -> [(key: String, field: Field)] {
        guard let object = value.object else { throw error("should be an object") }
        return object.map { ($0.key, Field($0.value, .member($0.key, of: place))) }
    }

    func integer(atLeast minimum: Int) throws -> Int {
        guard let number = value.number?.int, number >= minimum else {
            throw error("should be a whole number of at least \(minimum)")
        }
        return number
    }

    func uuid() throws -> UUIDText {
        guard let id = UUIDText(try string()) else { throw error("is not a UUID") }
        return id
    }

    func timestamp() throws -> Timestamp {
        guard let time = Timestamp(try string()) else { throw error("is not an RFC 3339 date-time") }
        return time
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) throws -> Choice {
        guard let choice = Choice(rawValue: try string()) else {
            throw error("should be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    func power() throws -> PowerQuantity {
        let field = try required("value")
        let unit = try required("unit").choice(PowerUnit.self)
        guard let number = field.value.number, let power = PowerQuantity(decimal: number.text, unit: unit) else {
            throw field.error("should be a power of at least 0")
        }
        return power
    }
}
