import PowerEvents
import StrictJSON

/// As much of JSON Schema as the contract uses, with the path of what is broken.
indirect enum ContractSchema: Sendable {
    case text(Text)
    case number(atLeast: Double)
    case integer(atLeast: Int)
    case flag
    case array(of: ContractSchema, atLeast: Int)
    case object([Member])
    /// An object whose keys are names.
    case map(of: ContractSchema)
    case nullOr(ContractSchema)
    /// A schema of the contract, by its name.
    case named(String, ContractSchema)

    enum Text: Sendable {
        case any
        case uuid
        case time
        case one(of: [String])
        case shaped(String, @Sendable (String) -> Bool)
    }

    struct Member: Sendable {
        let key: String
        let isRequired: Bool
        let schema: ContractSchema
    }

    struct Fault: Sendable, Hashable {
        /// Of the instance, such as `$.targets[0].interval`.
        let path: String
        let problem: String
        /// Of the schema, such as `#/components/schemas/Interval`.
        let schema: String
    }

    /// More than anybody reads of one message.
    private static let bound = 20

    func faults(in value: JSONValue) -> [Fault] {
        var faults: [Fault] = []
        check(value, "$", "#", &faults)
        return faults
    }

    private func check(_ value: JSONValue, _ path: String, _ schema: String, _ faults: inout [Fault]) {
        guard faults.count < Self.bound else { return }
        func fail(_ problem: String) {
            let text = value.text
            let shown = text.count > 60 ? text.prefix(57) + "..." : text
            faults.append(Fault(path: path, problem: "\(problem) (got \(shown))", schema: schema))
        }
        switch self {
        case .named(let name, let inner): inner.check(value, path, "#/components/schemas/\(name)", &faults)
        case .nullOr(let inner): if !value.isNull { inner.check(value, path, schema, &faults) }
        case .flag: if value.bool == nil { fail("should be true or false") }
        case .number(let least):
            guard let number = value.number?.double, number.isFinite, number >= least else {
                return fail("should be a number of at least \(Int(least))")
            }
        case .integer(let least):
            guard let number = value.number?.int, number >= least else {
                return fail("should be a whole number of at least \(least)")
            }
        case .text(let text):
            guard let string = value.string else { return fail("should be a string") }
            if let problem = text.problem(with: string) { fail(problem) }
        case .array(let inner, let least):
            guard let elements = value.array else { return fail("should be an array") }
            if elements.count < least { fail("should have at least \(least) elements") }
            for (index, element) in elements.enumerated() {
                inner.check(element, "\(path)[\(index)]", schema + "/items", &faults)
            }
        case .map(let inner):
            guard let object = value.object else { return fail("should be an object") }
            for member in object {
                inner.check(member.value, "\(path).\(member.key)", schema + "/additionalProperties", &faults)
            }
        case .object(let members):
            guard let object = value.object else { return fail("should be an object") }
            for member in members {
                guard let found = object[member.key] else {
                    if member.isRequired {
                        faults.append(
                            Fault(path: "\(path).\(member.key)", problem: "is missing", schema: schema + "/required"))
                    }
                    continue
                }
                member.schema.check(found, "\(path).\(member.key)", "\(schema)/properties/\(member.key)", &faults)
            }
        }
    }
}

extension ContractSchema.Text {
    fileprivate func problem(with string: String) -> String? {
        switch self {
        case .any: nil
        case .uuid: UUIDText(string) == nil ? "should be a UUID" : nil
        // Spaces are no RFC 3339 date-time for most readers.
        case .time: Timestamp(string) == nil || string.contains(" ") ? "should be an RFC 3339 date-time" : nil
        case .one(let choices):
            choices.contains(string)
                ? nil : "should be \(choices.count == 1 ? "" : "one of ")\(choices.joined(separator: ", "))"
        case .shaped(let words, let fits): fits(string) ? nil : "should be \(words)"
        }
    }
}

extension ContractSchema.Member {
    static func required(_ key: String, _ schema: ContractSchema) -> Self {
        .init(key: key, isRequired: true, schema: schema)
    }
    static func optional(_ key: String, _ schema: ContractSchema) -> Self {
        .init(key: key, isRequired: false, schema: schema)
    }
}
